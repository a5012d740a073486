"""Whom credit information is about: known to the registry, of that kind, in the caller's regions."""

from typing import Any
from uuid import uuid4

import pytest

from tests.integration.credit.conftest import HERE, Credit, person, proposal
from tests.integration.credit.test_records_and_leads import record

SOMEBODY = "01980000-0000-7000-8000-0000000000f1"
ROUTES = [("/v1/lists", proposal), ("/v1/records", record)]
each_route = pytest.mark.parametrize(("path", "body"), ROUTES)


def ref(subject_id: object = SOMEBODY, region: str = "321202000000") -> dict[str, Any]:
    """A person as callers write one."""
    return {"kind": "person", "subject_id": str(subject_id), "name": "张三丰", "region": region}


async def slug(credit: Credit, path: str, body: dict[str, Any], clerk: str = "321202") -> str | int:
    """The name of the problem that a request is answered with, or its status."""
    answer = await credit.clerk(clerk).post(path, json=body)
    return answer.status_code if answer.is_success else str(answer.json()["type"].rpartition("/")[2])


@each_route
async def test_a_person_is_taken_where_the_registry_knows_one_and_nowhere_else(
    credit: Credit, path: str, body: Any
) -> None:
    assert await slug(credit, path, body(subject=ref())) == "unknown-subject"
    await credit.hears(person(SOMEBODY, "321202001000"))
    assert await slug(credit, path, body(subject=ref(uuid4()))) == "unknown-subject"
    assert await slug(credit, path, body(subject=ref(HERE))) == "unknown-subject"
    assert await slug(credit, path, body(subject=ref(region="321203000000"))) == "outside-region"
    assert await slug(credit, path, body(subject=ref(region="321203000000")), "321203") == "unknown-subject"
    assert await slug(credit, path, body(subject=ref(region="321202002000"))) == "unknown-subject"
    assert await slug(credit, path, body(subject=ref(region="321202999000"))) == "unknown-region"
    assert await slug(credit, path, body(subject={"kind": "organization", "subject_id": SOMEBODY})) == "unknown-subject"
    assert await slug(credit, path, body(subject=ref())) == 201


@each_route
async def test_a_person_who_moved_is_found_where_the_newest_snapshot_says(credit: Credit, path: str, body: Any) -> None:
    await credit.hears(person(SOMEBODY, "321203001000", version=2))
    await credit.hears(person(SOMEBODY, "321202001000", version=1))
    assert await slug(credit, path, body(subject=ref())) == "unknown-subject"
    assert await slug(credit, path, body(subject=ref(region="321203000000")), "321203") == 201


@each_route
async def test_a_token_of_an_organisation_does_not_see_a_person_who_has_its_id(
    credit: Credit, path: str, body: Any
) -> None:
    await credit.hears(person(SOMEBODY))
    assert await slug(credit, path, body(subject=ref())) == 201
    assert await slug(credit, path, body()) == 201
    scopes = ("credit.lists:read", "credit.records:read")
    for organization, expected in ((SOMEBODY, 0), (HERE, 1)):
        http = credit.service.client(*scopes, regions=["3212"], client="vendor", organization=organization)
        assert len((await http.get(path)).json()["items"]) == expected


async def test_no_lead_is_used_against_a_person(credit: Credit) -> None:
    await credit.hears(person(SOMEBODY))
    answer = await credit.clerk().post("/v1/lists", json=proposal(ref(), lead_ids=[str(uuid4())]))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/lead_ids")

"""Admissions: one open stay per senior, whoever asks and however fast."""

import asyncio
from typing import Any

from sqlalchemy import text

from shared.contracts.registry import AdmissionSnapshot
from shared.database import Scope
from tests.integration.registry.conftest import People
from tests.integration.registry.samples import GAOGANG, get, organization, post, senior
from tests.support.services import RunningService


async def pair(people: People) -> tuple[str, str]:
    """A senior and an institution of Hailing."""
    one = await post(people.hailing, "/v1/seniors", senior())
    home = await post(people.hailing, "/v1/organizations", organization())
    return one["senior_id"], home["organization_id"]


def stay(senior_id: str, institution_id: str, **changes: Any) -> dict[str, Any]:
    """A stay since September."""
    return {
        "senior_id": senior_id,
        "institution_id": institution_id,
        "admitted_on": "2026-09-01",
        "care_level": "self_care",
        "source": "入住合同",
    } | changes


async def test_a_stay_has_dated_care_levels_that_end_with_it(registry: RunningService, people: People) -> None:
    made = await post(people.hailing, "/v1/admissions", stay(*await pair(people)))
    path = f"/v1/admissions/{made['admission_id']}"
    change = {"care_level": "disabled", "valid_from": "2026-10-01", "source": "评估"}
    await post(people.hailing, f"{path}/care-level", change, 200)
    await post(people.hailing, f"{path}/care-level", change | {"valid_from": "2026-08-31"}, 422)
    await post(people.hailing, f"{path}/discharge", {"discharged_on": "2026-08-31"}, 422)
    ended = await post(people.hailing, f"{path}/discharge", {"discharged_on": "2026-10-15"}, 200)
    assert [(fact["value"], fact["valid_from"], fact["valid_to"]) for fact in ended["care_levels"]] == [
        ("self_care", "2026-09-01", "2026-09-30"),
        ("disabled", "2026-10-01", "2026-10-15"),
    ]
    await post(people.hailing, f"{path}/discharge", {"discharged_on": "2026-10-15"}, 409)
    await post(people.hailing, f"{path}/care-level", change, 409)
    query = text("SELECT data FROM outbox WHERE topic = 'registry.admissions' ORDER BY position")
    async with registry.database.transaction(Scope.everywhere()) as session:
        events = [AdmissionSnapshot.model_validate_json(bytes(row)) for row in await session.scalars(query)]
    assert [event.version for event in events] == [1, 2, 3]
    assert str(events[-1].discharged_on) == "2026-10-15"


async def test_of_many_admissions_at_once_one_wins(people: People) -> None:
    senior_id, home = await pair(people)
    other = (await post(people.hailing, "/v1/organizations", organization()))["organization_id"]
    bodies = [stay(senior_id, home), stay(senior_id, other)] * 3
    answers = await asyncio.gather(*(people.hailing.post("/v1/admissions", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert len((await get(people.hailing, "/v1/admissions", senior_id=senior_id, active=True))["items"]) == 1


async def test_an_open_stay_in_an_unseen_region_counts(people: People) -> None:
    one = await post(people.hailing, "/v1/seniors", senior())
    there = await post(people.gaogang, "/v1/organizations", organization(region=GAOGANG))
    here = await post(people.hailing, "/v1/organizations", organization())
    made = await post(people.city, "/v1/admissions", stay(one["senior_id"], there["organization_id"]))
    assert made["region"] == GAOGANG
    await get(people.hailing, f"/v1/admissions/{made['admission_id']}", 404)
    await post(people.hailing, "/v1/admissions", stay(one["senior_id"], here["organization_id"]), 409)


async def test_stays_that_cannot_be_are_refused(people: People) -> None:
    senior_id, home = await pair(people)
    vendor = (await post(people.hailing, "/v1/organizations", organization("meal_vendor")))["organization_id"]
    await post(people.hailing, "/v1/admissions", stay(senior_id, vendor), 409)
    await post(people.hailing, "/v1/admissions", stay(home, home), 404)
    await post(people.hailing, "/v1/admissions", stay(senior_id, senior_id), 404)
    await post(people.hailing, "/v1/admissions", stay(senior_id, home, admitted_on="2099-01-01"), 422)
    await post(people.hailing, "/v1/admissions", stay(senior_id, home, care_level="very"), 422)
    made = await post(people.hailing, "/v1/admissions", stay(senior_id, home))
    discharge = f"/v1/admissions/{made['admission_id']}/discharge"
    await post(people.hailing, discharge, {"discharged_on": "2026-09-30"}, 200)
    await post(people.hailing, "/v1/admissions", stay(senior_id, home, admitted_on="2026-09-30"), 409)
    death = {"died_on": "2026-10-03", "reported_on": "2026-10-20", "source": "公安"}
    await post(people.hailing, f"/v1/seniors/{senior_id}/death", death)
    await post(people.hailing, "/v1/admissions", stay(senior_id, home, admitted_on="2026-10-04"), 409)


async def test_an_institution_sees_and_admits_for_itself_only(registry: RunningService, people: People) -> None:
    senior_id, home = await pair(people)
    other = (await post(people.hailing, "/v1/organizations", organization()))["organization_id"]
    made = await post(people.hailing, "/v1/admissions", stay(senior_id, other))
    scopes = ("registry.admissions:read", "registry.admissions:write")
    async with registry.client(*scopes, organization=home) as own:
        assert (await get(own, "/v1/admissions"))["items"] == []
        await get(own, f"/v1/admissions/{made['admission_id']}", 404)
        await post(own, "/v1/admissions", stay(senior_id, other), 403)

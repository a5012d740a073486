"""Organisations and what the credit service says of them."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from services.registry.handlers import HANDLERS
from shared.clock import now, today
from shared.contracts import Received
from shared.contracts.base import Event
from shared.contracts.credit import SubjectDelisted, SubjectListed
from shared.contracts.registry import OrganizationSnapshot
from shared.database import Scope
from shared.ids import new_id
from tests.integration.registry.conftest import People
from tests.integration.registry.samples import GAOGANG, HAILING, credit_code, get, organization, post
from tests.support.services import RunningService


async def snapshots(registry: RunningService) -> list[OrganizationSnapshot]:
    """What was published, in order."""
    query = text("SELECT data FROM outbox WHERE topic = 'registry.organizations' ORDER BY position")
    async with registry.database.transaction(Scope.everywhere()) as session:
        return [OrganizationSnapshot.model_validate_json(bytes(row)) for row in await session.scalars(query)]


async def hear(registry: RunningService, *events: Event) -> None:
    """Hand events to the registry as a consumer would."""
    for event in events:
        received: Received[Any] = Received(new_id(), now(), event.key(), event, None)
        async with registry.database.transaction(Scope.everywhere()) as session:
            await HANDLERS[type(event)](session, [received])


def listed(subject: str, since: date, until: date | None = None) -> SubjectListed:
    """A decision against an organisation."""
    return SubjectListed(
        **SubjectListed.EXAMPLE | {"subject_id": subject, "decision_id": uuid4(), "listed_on": since, "until": until}
    )


async def test_an_institution_is_on_file_with_modes_grades_and_beds(registry: RunningService, people: People) -> None:
    made = await post(people.hailing, "/v1/organizations", organization())
    path = f"/v1/organizations/{made['organization_id']}"
    assert made["beds"] == {"nursing": 80, "ordinary": 40}
    assert made["listed"] is False
    run = {"mode": "public_built_private_run", "valid_from": "2026-06-01", "source": "委托合同"}
    await post(people.hailing, f"{path}/operation-modes", run)
    graded = await post(
        people.hailing,
        f"{path}/grades",
        {"grade": 4, "valid_from": "2026-07-01", "valid_to": "2026-09-30", "source": "公告"},
    )
    assert [(fact["value"], fact["valid_from"], fact["valid_to"]) for fact in graded["grades"]] == [
        ("3", "2025-01-01", "2026-06-30"),
        ("4", "2026-07-01", "2026-09-30"),
        ("3", "2026-10-01", "2027-12-31"),
    ]
    last = (await snapshots(registry))[-1]
    assert last.version == 3
    assert [(part.mode, str(part.valid_to)) for part in last.operation_modes] == [
        ("private", "2026-05-31"),
        ("public_built_private_run", "None"),
    ]
    assert [part.grade for part in last.grades] == [3, 4, 3]


async def test_a_legal_person_is_on_file_once_per_kind_in_all_regions_and_under_race(people: People) -> None:
    code = credit_code(77)
    here, there = organization(social_credit_code=code), organization(social_credit_code=code, region=GAOGANG)
    answers = await asyncio.gather(
        *(people.hailing.post("/v1/organizations", json=here) for _ in range(3)),
        *(people.gaogang.post("/v1/organizations", json=there) for _ in range(3)),
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    await post(people.hailing, "/v1/organizations", organization("assessor", social_credit_code=code))


async def test_a_vendors_contracts_are_published_and_end_early(registry: RunningService, people: People) -> None:
    key = str(uuid4())
    await post(people.hailing, "/v1/organizations", organization("meal_vendor", organization_id=key))
    path = f"/v1/organizations/{key}"
    contract = {
        "contract_id": str(uuid4()),
        "service": "meal",
        "region": HAILING,
        "document_no": "泰海民购〔2026〕3号",
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
    }
    await post(people.hailing, f"{path}/contracts", contract)
    await post(people.hailing, f"{path}/contracts", contract, 409)
    end = f"{path}/contracts/{contract['contract_id']}/end"
    await post(people.hailing, end, {"last_day": "2027-01-01"}, 422)
    ended = await post(people.hailing, end, {"last_day": "2026-06-30"}, 200)
    assert [part["valid_to"] for part in ended["contracts"]] == ["2026-06-30"]
    assert str((await snapshots(registry))[-1].contracts[0].valid_to) == "2026-06-30"
    await post(people.hailing, f"{path}/contracts/{uuid4()}/end", {"last_day": "2026-06-30"}, 404)
    await post(people.hailing, f"{path}/grades", {"grade": 3, "valid_from": "2026-01-01", "source": "x"}, 409)


async def test_amendments_need_the_etag_and_districts_see_their_own(people: People) -> None:
    made = await post(people.hailing, "/v1/organizations", organization())
    path = f"/v1/organizations/{made['organization_id']}"
    await get(people.gaogang, path, 404)
    assert (await get(people.gaogang, "/v1/organizations"))["items"] == []
    assert len((await get(people.city, "/v1/organizations", kind="institution", region=HAILING))["items"]) == 1
    change = {"status": "closed", "beds": {"nursing": 81, "ordinary": 40}}
    assert (await people.hailing.patch(path, json=change)).status_code == 428
    changed = await people.hailing.patch(path, json=change, headers={"if-match": '"1"'})
    assert (changed.json()["status"], changed.json()["beds"]) == ("closed", {"nursing": 81, "ordinary": 40})


async def test_others_learn_on_which_day_an_organisation_closed_and_that_it_opened_again(
    people: People, registry: RunningService
) -> None:
    made = await post(people.hailing, "/v1/organizations", organization())
    path = f"/v1/organizations/{made['organization_id']}"
    for version, change in enumerate(({"status": "closed"}, {"profit": "for_profit"}, {"status": "active"}), 1):
        answer = await people.hailing.patch(path, json=change, headers={"if-match": f'"{version}"'})
        assert answer.status_code == 200
    assert [each.closed_on for each in await snapshots(registry)] == [None, today(), today(), None]


async def test_bad_organisations_are_refused(people: People) -> None:
    good = organization()
    for change in (
        {"social_credit_code": good["social_credit_code"][:-1] + "I"},
        {"kind": "meal_vendor"},
        {"beds": {"nursing": -1}},
        {"grades": [{"grade": 6, "valid_from": "2025-01-01", "source": "x"}]},
        {"grades": [{"grade": "3", "valid_from": "2025-01-01", "source": "x"}]},
        {"grades": [{"grade": 3, "valid_from": "2025-01-01", "valid_to": "2024-12-31", "source": "x"}]},
        {"region": "321299000000"},
        {"nickname": "x"},
    ):
        await post(people.hailing, "/v1/organizations", good | change, 422)
    await post(people.hailing, "/v1/organizations", organization(region=GAOGANG), 403)


async def test_a_listing_shows_while_it_is_in_force_in_whatever_order_events_arrive(
    registry: RunningService, people: People
) -> None:
    made = await post(people.hailing, "/v1/organizations", organization())
    key, path = made["organization_id"], f"/v1/organizations/{made['organization_id']}"
    yesterday, tomorrow = today() - timedelta(days=1), today() + timedelta(days=1)
    await hear(registry, listed(key, tomorrow), listed(key, date(2020, 1, 1), yesterday))
    assert (await get(people.hailing, path))["listed"] is False
    decision = listed(key, yesterday)
    await hear(registry, decision, decision)
    shown = await get(people.hailing, path)
    assert [entry["decision_id"] for entry in shown["listings"]] == [str(decision.decision_id)]
    over = SubjectDelisted(decision_id=decision.decision_id, subject_id=key, delisted_on=today(), reason="repaired")
    await hear(registry, over, decision)
    assert (await get(people.hailing, path))["listed"] is False
    early = listed(key, yesterday)
    await hear(
        registry,
        SubjectDelisted(decision_id=early.decision_id, subject_id=key, delisted_on=today(), reason="withdrawn"),
        early,
    )
    assert (await get(people.hailing, path))["listed"] is False

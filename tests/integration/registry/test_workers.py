"""Workers are told apart by a key that only the registry makes, and that names nobody."""

from __future__ import annotations

from sqlalchemy import text

from shared.database import Scope
from tests.integration.registry.conftest import People
from tests.integration.registry.samples import get, identity_number, post
from tests.support.services import RunningService

NUMBER = identity_number(sequence=7)
PATH = "/v1/worker-keys"


async def test_one_person_has_one_key_in_every_district_and_others_hear_of_it_once(
    people: People, registry: RunningService
) -> None:
    asked = {"identity_number": NUMBER, "purpose": "护理人员补贴申请"}
    first = await post(people.hailing, PATH, asked, 200)
    assert await post(people.gaogang, PATH, asked, 200) == first
    assert NUMBER not in str(first)
    async with registry.database.transaction(Scope.everywhere()) as session:
        told = (await session.execute(text("SELECT key FROM outbox WHERE topic = 'registry.workers'"))).scalars().all()
    assert told == [first["worker_key"]]


async def test_each_call_is_audited_under_its_key_and_a_wrong_number_is_refused(people: People) -> None:
    asked = {"identity_number": NUMBER, "purpose": "护理人员补贴申请"}
    key = (await post(people.hailing, PATH, asked, 200))["worker_key"]
    entries = (await get(people.city, "/v1/audit"))["items"]
    assert [(one["action"], one["purpose"]) for one in entries] == [("registry.workers.identify", "护理人员补贴申请")]
    assert key in str(entries)
    assert NUMBER not in str(entries)
    await post(
        people.hailing, PATH, asked | {"identity_number": NUMBER[:-1] + ("4" if NUMBER[-1] != "4" else "5")}, 422
    )
    await post(people.hailing, PATH, {"identity_number": NUMBER}, 422)

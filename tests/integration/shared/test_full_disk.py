"""A disk that is full: everybody is told so in words, nothing is lost, and with room again all goes on by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from deploy.local import postgres as local_postgres
from deploy.migrations.run import SERVICES
from shared import faults, jobs
from shared.database import Scope
from shared.events.localbus import LocalBus
from tests.integration.registry.conftest import EVERYTHING
from tests.integration.registry.samples import HAILING, identity_number, senior
from tests.integration.shared.conftest import StartToy
from tests.integration.shared.test_edge import rows
from tests.integration.shared.test_jobs import ask, queued
from tests.integration.visits.conftest import tell
from tests.support import disk, toy, visits
from tests.support.services import RunningService, ServiceFactory

SHEET = "姓名,身份证号,区划代码\n李秀英,{},{}\n"
WAITING = {
    "outbox": "SELECT count(*) FROM outbox, outbox_relay WHERE outbox.position > outbox_relay.position",
    "audit": "SELECT count(*) FROM audit_waiting",
    "jobs": "SELECT count(*) FROM pgqueuer",
}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again soon."""
    monkeypatch.setattr(jobs, "PAUSE", 0.1)
    monkeypatch.setattr(faults, "FULL_FOR", 8.0)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.05)


async def left(service: RunningService) -> dict[str, int]:
    """What waits to be published, sealed and done."""
    async with service.database.transaction(Scope.everywhere()) as session:
        return {name: int(await session.scalar(text(query)) or 0) for name, query in WAITING.items()}


async def readiness(service: RunningService) -> tuple[int, dict[str, Any]]:
    """Status and body of /readyz."""
    async with service.anonymous() as http:
        answer = await http.get("/readyz")
        return answer.status_code, answer.json()


def check_told(answer: httpx.Response, lang: str) -> None:
    """That an answer says what is the matter, in words, and when to come again."""
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (503, "storage-full"), answer.text
    assert answer.json()["title"].startswith("存储空间已满" if lang == "zh" else "The storage is full")
    assert int(answer.headers["retry-after"]) >= 10


async def test_every_kind_of_writing_is_told_and_goes_on_with_room_again(
    start_service: ServiceFactory, postgres: local_postgres.Server, database_name: str
) -> None:
    bus = LocalBus(*SERVICES)
    services = {name: await start_service(name, bus=bus) for name in SERVICES}
    await tell(services["visits"].database, *map(visits.senior, visits.SENIORS), visits.organization(visits.VENDOR_A))
    registry, delivery, person = services["registry"], visits.plain(), senior()
    async with AsyncExitStack() as stack:
        clerk = await stack.enter_async_context(registry.client(*EVERYTHING))
        vendor = await stack.enter_async_context(
            services["visits"].client("visits.deliveries:write", organization=visits.VENDOR_A)
        )
        sheet = SHEET.format(identity_number(), HAILING).encode()
        sent: list[Callable[[str], Awaitable[httpx.Response]]] = [
            lambda lang: clerk.post(
                "/v1/seniors", json=person, headers={"idempotency-key": "one", "accept-language": lang}
            ),
            lambda lang: clerk.post(
                "/v1/imports", content=sheet, headers={"content-type": "text/csv", "accept-language": lang}
            ),
            lambda lang: vendor.post("/v1/deliveries", json=delivery, headers={"accept-language": lang}),
            lambda lang: vendor.post(
                "/v1/deliveries/batch", json=[visits.event(1)], headers=visits.BATCH | {"accept-language": lang}
            ),
        ]
        async with disk.full(postgres, database_name):
            for request in sent:
                for lang in ("zh", "en"):
                    check_told(await request(lang), lang)
            for name in ("registry", "visits"):
                status, body = await readiness(services[name])
                assert (status, body["checks"]["storage"]) == (503, False)
                assert "disk was full" in body["details"]["storage"]
            assert (await clerk.get("/v1/seniors")).status_code == 503  # a read of persons leaves an entry
        answers = [await request("zh") for request in sent]
        assert [answer.text for answer in answers if not answer.is_success] == []

    async def all_well() -> bool:
        waiting = [sum((await left(service)).values()) for service in services.values()]
        return sum(waiting) == 0 and all([(await readiness(each))[0] == 200 for each in services.values()])

    await until(all_well)


async def test_a_job_that_finds_the_disk_full_waits_and_is_not_given_up(
    start_toy: StartToy, postgres: local_postgres.Server, database_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toy, "STARTED", asyncio.Event())
    service = await start_toy(roles="api,jobs")
    assert await ask(service, "make-slowly", name="x", seconds=0.3) == 202
    await asyncio.wait_for(toy.STARTED.wait(), 20)
    async with disk.full(postgres, database_name):
        await asyncio.sleep(3)  # longer than five tries of before
    await until(lambda: _done(service))


async def _done(service: RunningService) -> bool:
    return await rows(service) == 1 and await queued(service) == []


async def test_an_import_in_the_middle_of_which_the_disk_fills_up_is_finished(
    start_service: ServiceFactory, postgres: local_postgres.Server, database_name: str
) -> None:
    """The queue's own tables have room, what the job writes has not: it is not marked as failed."""
    registry = await start_service("registry", roles="api")
    async with registry.client(*EVERYTHING) as clerk:
        sheet = SHEET.format(identity_number(), HAILING).encode()
        made = await clerk.post("/v1/imports", content=sheet, headers={"content-type": "text/csv"})
        address = f"/v1/imports/{made.json()['import_id']}"
        async with disk.full(postgres, database_name, ["registry.seniors", "registry.imports"]):
            await start_service("registry", roles="jobs")
            await asyncio.sleep(2)
        seen = set[str]()

        async def finished() -> bool:
            seen.add((await clerk.get(address)).json()["status"])
            return "finished" in seen

        await until(finished)
        assert "failed" not in seen

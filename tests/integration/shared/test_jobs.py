"""Background work happens once, after its transaction, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from shared import jobs
from shared.database import Scope
from tests.integration.shared.conftest import StartToy
from tests.integration.shared.test_edge import WRITE, rows
from tests.support import toy
from tests.support.services import RunningService


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for work often; begin with a clean slate."""
    monkeypatch.setattr(jobs, "PAUSE", 0.1)
    toy.TRIES.clear()
    monkeypatch.setattr(toy, "STARTED", asyncio.Event())  # one per event loop


async def ask(service: RunningService, job: str, **payload: Any) -> int:
    async with service.client(WRITE) as http:
        return (await http.post(f"/v1/toys/jobs/{job}", json=payload)).status_code


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.05)


async def queued(service: RunningService) -> list[str]:
    async with service.database.transaction(Scope.everywhere()) as session:
        found = await session.execute(text("SELECT status::text FROM pgqueuer"))
        return list(found.scalars())


def made(service: RunningService, count: int) -> Callable[[], Awaitable[bool]]:
    async def is_so() -> bool:
        return await rows(service) == count and await queued(service) == []

    return is_so


async def test_a_job_runs_once_though_several_workers_look_for_it(start_toy: StartToy) -> None:
    first, *_ = [await start_toy(roles="api,jobs") for _ in range(3)]
    for number in range(10):
        assert await ask(first, "make", name=f"n{number}") == 202
    await until(made(first, 10))
    await asyncio.sleep(0.5)
    assert await rows(first) == 10


async def test_a_job_asked_for_in_a_transaction_that_fails_never_exists(start_toy: StartToy) -> None:
    service = await start_toy(roles="api")
    assert await ask(service, "make", name="x", then="fail") == 404
    assert await queued(service) == []
    assert await ask(service, "make", name="x") == 202
    assert await queued(service) == ["queued"]


async def test_a_job_that_fails_is_tried_again(start_toy: StartToy) -> None:
    service = await start_toy(roles="api,jobs")
    await ask(service, "make-at-third-try", name="x")
    await until(made(service, 1))
    assert toy.TRIES == ["x"] * 3


async def test_a_job_that_never_succeeds_is_held_and_not_lost(
    start_toy: StartToy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "ATTEMPTS", 1)
    service = await start_toy(roles="api,jobs")
    await ask(service, "make", nothing="useful")

    async def held() -> bool:
        return await queued(service) == ["failed"]

    await until(held)
    await ask(service, "make", name="next")

    async def next_made() -> bool:
        return await rows(service) == 1

    await until(next_made)


async def test_a_dead_worker_s_job_is_taken_over(start_toy: StartToy, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that was killed leaves a picked job whose heart has stopped beating."""
    service = await start_toy(roles="api")
    await ask(service, "make", name="orphan")
    async with service.database.transaction(Scope.everywhere()) as session:
        await session.execute(
            text(
                "UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(),"
                " heartbeat = now() - interval '1 minute'"
            )
        )
    await start_toy(roles="jobs")
    await until(made(service, 1))


async def test_stopping_lets_a_running_job_end(start_toy: StartToy) -> None:
    service = await start_toy(roles="api")
    runner = jobs.JobRunner(service.kernel, toy.JOBS)
    await runner.start()
    await ask(service, "make-slowly", name="x", seconds=0.5)
    await asyncio.wait_for(toy.STARTED.wait(), 10)
    await runner.stop(10)
    assert runner.trouble()
    assert await rows(service) == 1
    assert await queued(service) == []


async def test_a_job_that_does_not_end_in_time_goes_back_and_another_worker_does_it(start_toy: StartToy) -> None:
    service = await start_toy(roles="api")
    runner = jobs.JobRunner(service.kernel, toy.JOBS)
    await runner.start()
    await ask(service, "make-slowly", name="x", seconds=3)
    await asyncio.wait_for(toy.STARTED.wait(), 10)
    began = time.monotonic()
    await runner.stop(0.1)
    assert time.monotonic() - began < 2
    assert await rows(service) == 0
    assert await queued(service) == ["queued"]
    await start_toy(roles="jobs")
    await until(made(service, 1))


async def test_after_stopping_no_job_is_taken(start_toy: StartToy) -> None:
    service = await start_toy(roles="api")
    runner = jobs.JobRunner(service.kernel, toy.JOBS)
    await runner.start()
    await runner.stop()
    await ask(service, "make", name="x")
    await asyncio.sleep(1)
    assert await queued(service) == ["queued"]


async def test_when_its_connection_is_cut_the_worker_comes_back(
    start_toy: StartToy, postgres: Any, database_name: str
) -> None:
    service = await start_toy(roles="api,jobs")
    await ask(service, "make", name="before")
    await until(made(service, 1))
    await toy.cut_connections(postgres, database_name)

    async def asked() -> bool:
        return await ask(service, "make", name="after") == 202

    await until(asked)
    await until(made(service, 2), 40)

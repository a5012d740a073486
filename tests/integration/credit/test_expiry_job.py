"""Listings end by the calendar, in the background."""

import asyncio

from sqlalchemy import text

from services.credit.app import DEFINITION
from services.credit.jobs import EXPIRE, JOBS
from shared.database import Scope
from shared.jobs import JobRunner, enqueue
from tests.integration.credit.conftest import Credit, day


async def _run_out(credit: Credit) -> str:
    """A published entry whose last day was yesterday."""
    entry = await credit.published()
    async with credit.service.database.transaction(Scope.everywhere()) as session:
        await session.execute(text("UPDATE list_entries SET until = current_date - 2"))
    return entry


async def _ends(credit: Credit, entry: str) -> None:
    while (await credit.clerk().get(f"/v1/lists/{entry}")).json()["state"] != "expired":  # noqa: ASYNC110
        await asyncio.sleep(0.1)


async def test_a_job_in_the_queue_ends_what_has_run_out(credit: Credit) -> None:
    entry = await _run_out(credit)
    async with credit.service.database.transaction(Scope.everywhere()) as session:
        await enqueue(session, EXPIRE, {})
    runner = JobRunner(credit.service.kernel, JOBS)
    await runner.start()
    try:
        await asyncio.wait_for(_ends(credit, entry), 20)
    finally:
        await runner.stop()
    assert [kind for kind, _ in await credit.said()] == ["listed", "delisted"]
    assert (await credit.clerk().get("/v1/lists", params={"on": day(0)})).json()["items"] == []


async def test_the_calendar_asks_for_the_job_and_two_workers_do_it_once(credit: Credit) -> None:
    assert set(DEFINITION.schedules) <= set(DEFINITION.jobs)
    entry = await _run_out(credit)
    runners = [JobRunner(credit.service.kernel, JOBS, {EXPIRE: "* * * * * *"}) for _ in range(2)]
    for runner in runners:
        await runner.start()
    try:
        await asyncio.wait_for(_ends(credit, entry), 30)
        await asyncio.sleep(2)
    finally:
        await asyncio.gather(*(runner.stop() for runner in runners))
    assert [kind for kind, _ in await credit.said()] == ["listed", "delisted"]

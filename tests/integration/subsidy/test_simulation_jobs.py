"""The job of a simulation: progress, cancelling, crashes, several at once, and the end of what is kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.subsidy import packs as packs_of
from services.subsidy.simulations import sides, work
from services.subsidy.simulations.work import clean, simulate
from shared.database import Scope
from tests.integration.subsidy.simulating import RAISED, asked, planner, question, read, told, worked_out
from tests.integration.subsidy.town import SAMPLE, Town, senior
from tests.support.services import ServiceFactory

MONTHS: dict[str, Any] = {"last_month": "2026-12"}


async def parts(town: Town) -> list[Any]:
    """When each part was done."""
    async with town.database.transaction(Scope.everywhere()) as session:
        rows = await session.execute(text("SELECT part, done_at FROM simulation_parts ORDER BY part"))
        return [tuple(row) for row in rows]


async def figures(town: Town) -> int:
    """How many rows of figures there are."""
    async with town.database.transaction(Scope.everywhere()) as session:
        return int(await session.scalar(text("SELECT count(*) FROM simulation_figures")) or 0)


async def test_progress_is_counted_part_by_part(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await town.hear(senior())
    simulation_id = await asked(town, **MONTHS)
    waiting = await read(town, simulation_id)
    assert told(waiting, "state", "total", "done", "result") == ("queued", None, 0, None)
    seen: list[tuple[Any, ...]] = []
    plain = work.work_out

    async def watched(*args: Any) -> bool:
        seen.append(told(await read(town, simulation_id), "state", "total", "done"))
        return await plain(*args)

    monkeypatch.setattr(work, "work_out", watched)
    await simulate(town.running.kernel, {"simulation_id": simulation_id})
    assert seen == [("running", 3, 0), ("running", 3, 1), ("running", 3, 2)]
    done = await read(town, simulation_id)
    assert told(done, "state", "total", "done") == ("done", 3, 3)
    assert done["finished_at"]


async def test_a_cancelled_simulation_stops_and_keeps_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await town.hear(senior())
    simulation_id = await asked(town, **MONTHS)
    plain = work.work_out

    async def cancelled(*args: Any) -> bool:
        went_on = await plain(*args)
        answer = await planner(town).delete(f"/v1/simulations/{simulation_id}")
        assert answer.json()["state"] == "cancelled"
        return went_on

    monkeypatch.setattr(work, "work_out", cancelled)
    await simulate(town.running.kernel, {"simulation_id": simulation_id})
    stopped = await read(town, simulation_id)
    assert told(stopped, "state", "done", "result") == ("cancelled", 1, None)
    assert await figures(town) == 0
    assert (await planner(town).delete(f"/v1/simulations/{simulation_id}")).status_code == 200
    answer = await planner(town).get(f"/v1/simulations/{simulation_id}/table.csv")
    assert (answer.status_code, answer.json()["state"]) == (409, "cancelled")


async def test_a_simulation_cancelled_before_its_job_is_never_planned(town: Town) -> None:
    simulation_id = await asked(town)
    await planner(town).delete(f"/v1/simulations/{simulation_id}")
    await simulate(town.running.kernel, {"simulation_id": simulation_id})
    assert (await read(town, simulation_id))["state"] == "cancelled"
    assert await parts(town) == []


async def test_what_is_finished_is_not_cancelled(town: Town) -> None:
    simulation_id = await asked(town)
    await simulate(town.running.kernel, {"simulation_id": simulation_id})
    assert (await planner(town).delete(f"/v1/simulations/{simulation_id}")).status_code == 409


async def test_a_crash_resumes_at_the_first_part_that_is_not_done(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await town.hear(senior(), senior())
    simulation_id, calls, plain = await asked(town, values=[RAISED], **MONTHS), [], sides.result

    def fails_once(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 2:
            raise ConnectionError("the worker is gone")
        return plain(*args)

    monkeypatch.setattr(sides, "result", fails_once)
    with pytest.raises(ConnectionError):
        await simulate(town.running.kernel, {"simulation_id": simulation_id})
    broken = await parts(town)
    assert [bool(done_at) for _, done_at in broken] == [True, False, False]
    assert told(await read(town, simulation_id), "state", "done") == ("running", 1)
    await simulate(town.running.kernel, {"simulation_id": simulation_id})
    assert (await parts(town))[0] == broken[0]
    assert len(calls) == 4
    detail = await read(town, simulation_id)
    assert detail["state"] == "done"
    assert told(detail["result"]["total"], "today", "changed") == ("360.00", "480.00")


async def test_what_cannot_be_worked_out_fails_and_says_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await town.hear(senior())
    simulation_id = await asked(town)

    def hopeless(*_: Any) -> Any:
        raise ValueError("张三 3212")

    monkeypatch.setattr(sides, "result", hopeless)
    await simulate(town.running.kernel, {"simulation_id": simulation_id})
    state, error, result = told(await read(town, simulation_id), "state", "error", "result")
    assert (state, result) == ("failed", None)
    assert "系统内部错误" in error
    assert "张三" not in error


async def test_two_at_once_and_one_twice_at_once_count_everything_once(town: Town) -> None:
    await town.hear(senior(), senior())
    one, other = await asked(town, values=[RAISED], **MONTHS), await asked(town, **MONTHS)
    jobs = [simulate(town.running.kernel, {"simulation_id": which}) for which in (one, other, one)]
    await asyncio.gather(*jobs)
    totals = [(await read(town, which))["result"]["total"] for which in (one, other)]
    assert [told(total, "today", "changed") for total in totals] == [("360.00", "480.00"), ("360.00", "360.00")]
    assert await figures(town) == 6


async def test_a_policy_that_changes_meanwhile_changes_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await town.hear(senior())
    simulation_id = await asked(town, values=[RAISED])
    begun = await work._start(town.database, UUID(simulation_id))
    assert begun
    await work.plan(town.database, town.running.kernel.settings, begun)
    monkeypatch.setattr(packs_of, "packs", lambda _: pytest.fail("read anew"))
    await simulate(town.running.kernel, {"simulation_id": simulation_id})
    assert (await read(town, simulation_id))["result"]["total"]["difference"] == "20.00"


async def test_nobody_has_more_than_five_open(town: Town) -> None:
    for _ in range(5):
        await asked(town)
    refused = await town.do("/v1/simulations", question(), planner(town), 409)
    assert refused["type"].endswith("subsidy/too-many-simulations")
    await asked(town, planner(town, subject="another"))


async def test_the_same_key_asks_once(town: Town) -> None:
    headers = {"idempotency-key": "k-1"}
    answers = [await planner(town).post("/v1/simulations", json=question(), headers=headers) for _ in range(2)]
    assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
    assert answers[0].headers["location"] == f"/subsidy/v1/simulations/{answers[0].json()['id']}"
    assert len((await town.ask("/v1/simulations", planner(town)))["items"]) == 1


async def test_results_go_after_the_days_they_are_kept(town: Town) -> None:
    await town.hear(senior())
    await worked_out(town)
    kernel = town.running.kernel
    await clean(kernel, {})
    assert await figures(town) == 1
    async with town.database.transaction(Scope.everywhere()) as session:
        past = {"past": timedelta(days=kernel.settings.simulation_days, minutes=1)}
        await session.execute(text("UPDATE simulations SET created_at = now() - CAST(:past AS interval)"), past)
    await clean(kernel, {})
    for table in ("simulations", "simulation_packs", "simulation_parts", "simulation_figures"):
        async with town.database.transaction(Scope.everywhere()) as session:
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table


async def test_the_queue_works_it_out(start_service: ServiceFactory) -> None:
    town = Town(await start_service("subsidy", roles="api,jobs", policy_overrides=str(SAMPLE)))
    await town.hear(senior())
    simulation_id = await asked(town, values=[RAISED])
    for _ in range(600):
        detail = await read(town, simulation_id)
        if detail["state"] in {"done", "failed"}:
            break
        await asyncio.sleep(0.1)
    assert detail["result"]["total"]["difference"] == "20.00"

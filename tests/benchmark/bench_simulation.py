"""One programme and month of a simulation, from the register to stored figures: seconds and peak memory.

``python -m tests.benchmark.bench_simulation [seniors]``. The policy pack of the sample district against the same with
the first band raised; both sides are judged and compared person by person.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop
from sqlalchemy import text

from deploy.local import postgres
from services.subsidy.simulations import repository, service, sides, work
from services.subsidy.simulations.schemas import SimulationIn
from shared.auth import Caller
from shared.clock import now
from shared.database import Database, Scope
from shared.settings import Settings
from tests.benchmark.bench_run import _SENIORS, SAMPLE
from tests.support.database import fresh, server
from tests.support.services import settings_for

BANDS = [
    {"at_least": 80, "at_most": 89, "value": "80"},
    {"at_least": 90, "at_most": 99, "value": "100"},
    {"at_least": 100, "value": "300"},
]
ASKED = {
    "region": "321202000000",
    "first_month": "2026-10",
    "programmes": ["longevity_allowance"],
    "values": [{"parameter": "longevity_allowance.amount", "bands": BANDS}],
}
CALLER = Caller("bench", "bench", None, frozenset({service.LINES}), ("321202",))


async def run(running: postgres.Server, n: int, folder: Path) -> dict[str, Any]:
    """Figures for ``n`` seniors: seconds to read, to judge and compare, of the whole part; peak memory in MB."""
    async with fresh(running) as name:
        settings = settings_for(running, name, "subsidy", folder, policy_overrides=str(SAMPLE))
        database = Database.of(settings)
        try:
            return await _measure(database, settings, n)
        finally:
            await database.close()


async def _measure(database: Database, settings: Settings, n: int) -> dict[str, Any]:
    async with database.transaction(Scope.everywhere()) as session:
        await session.execute(text(_SENIORS), {"n": n})
    async with database.transaction(Scope.of(CALLER)) as session:
        one = await service.create(session, settings, CALLER, SimulationIn.model_validate(ASKED), now())
    begun = await work._start(database, one.id)
    assert begun
    began = time.perf_counter()
    await work.plan(database, settings, begun)
    planned = time.perf_counter() - began
    read_s = await _read(database, one.id)
    before = _peak()
    began = time.perf_counter()
    assert await work.work_out(database, Scope.of(CALLER), one.id, 0)
    whole = time.perf_counter() - began
    async with database.transaction(Scope.of(CALLER)) as session:
        ((_, found),) = await repository.figures(session, one.id, "c.place")
    return {
        "seniors": n,
        "plan_s": round(planned, 2),
        "read_s": round(read_s, 2),
        "part_s": round(whole, 2),
        "peak_mb": _peak(),
        "peak_mb_after_reading_alone": before,
        "paid": found.paid_today,
        "difference_yuan": found.difference_fen / 100,
    }


async def _read(database: Database, simulation_id: Any) -> float:
    """How long the register's query alone takes."""
    async with database.transaction(Scope.everywhere()) as session:
        part = await repository.part(session, simulation_id, 0)
        assert part
        side = sides.sides(part, await repository.packs(session, simulation_id))[0]
        assert side
        began = time.perf_counter()
        await repository.read(session, side.key.facts, sides.values(part, side.key))
        return time.perf_counter() - began


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(n: int) -> None:
    """Measure and print."""
    with server() as running, TemporaryDirectory(prefix="anxiang-bench-") as folder:
        print(json.dumps(uvloop.run(run(running, n, Path(folder))), indent=2))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

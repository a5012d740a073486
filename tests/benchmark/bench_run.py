"""The monthly run, from frozen inputs to stored lines, against a bare COPY of the same lines into the same table.

The baseline copies the very same CSV, already made, into another month's partition of ``lines``: same columns, same
primary key, same unique and secondary indexes, same checks. Reading, calculating and writing CSV is what it leaves out.
"""

from __future__ import annotations

import resource
import time
from uuid import UUID

import polars as pl
from sqlalchemy import text

from services.subsidy.engine import POLICIES, Packs
from services.subsidy.inputs.domain import AGE
from services.subsidy.runs import lines as lines_of
from services.subsidy.runs.calculation import calculate_scope, freeze_run
from shared.clock import Month
from shared.database import Database, Scope
from shared.ids import new_id
from shared.tables import copy_query, copy_rows, ensure_month, partition_of

SAMPLE = POLICIES / "samples" / "321202"
MONTH, OTHER = Month(2026, 10), Month(2026, 11)
# Two in five are eighty or older, as in the sizing of the architecture.
_SENIORS = """
INSERT INTO seniors (senior_id, version, region, birth_date, sex, status, registered_on, residences,
                     has_bank_account, recorded_at)
SELECT uuidv7(), 1, '321202001000', date '1966-09-30' - (n % 33) * 365 - n % 360, 'female', 'active', '2026-01-05',
       '[{"region": "321202001000", "valid_from": "1990-01-01", "valid_to": null}]', true, now()
FROM generate_series(1, CAST(:n AS int)) n
"""


async def run(database: Database, n: int) -> dict[str, float]:
    """Figures for ``n`` seniors: seconds of ours and of the bare COPY, their ratio, lines, peak memory in MB."""
    run_id, freeze_s = await _prepare(database, n)
    began = time.perf_counter()
    lines = await calculate_scope(database, run_id, 0)
    ours = time.perf_counter() - began
    copied = await _bare_copy(database, run_id)
    return {
        "ours_s": round(ours, 3),
        "copy_s": round(copied, 3),
        "ratio": round(ours / copied, 3),
        "lines": lines,
        "freeze_s": round(freeze_s, 3),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


async def _prepare(database: Database, n: int) -> tuple[UUID, float]:
    """Seniors in the read model, and a run whose inputs are frozen."""
    run_id = new_id()
    async with database.transaction(Scope.everywhere()) as session:
        await session.execute(text(_SENIORS), {"n": n})
        await ensure_month(session, "lines", OTHER)
        await session.execute(
            text(
                "INSERT INTO runs (id, month, region, prefix, number, programmes, state, created_by)"
                " VALUES (:id, :month, '321202000000', '321202', 1, '{longevity_allowance}', 'calculating', 'bench')"
            ),
            {"id": run_id, "month": MONTH.first},
        )
    packs = Packs.load(POLICIES, overrides=[SAMPLE])
    began = time.perf_counter()
    await freeze_run(database, packs, run_id)
    frozen = time.perf_counter() - began
    # A running service has used its formulas before; the first call in a process pays for loading them.
    lines_of.entitle(
        packs.for_region("321202"), "longevity_allowance", MONTH, pl.DataFrame(schema=lines_of.schema(AGE))
    )
    return run_id, frozen


async def _bare_copy(database: Database, run_id: UUID) -> float:
    columns = ", ".join("date '2026-11-01' AS month" if name == "month" else name for name in lines_of.COLUMNS)
    query = f"SELECT {columns} FROM lines WHERE run_id = $1 ORDER BY id"
    async with database.transaction(Scope.everywhere()) as session:
        csv = (await copy_query(session, query, run_id)).split(b"\n", 1)[1]
    began = time.perf_counter()
    async with database.transaction(Scope.everywhere()) as session:
        await copy_rows(session, partition_of("lines", OTHER), lines_of.COLUMNS, csv)
    return time.perf_counter() - began

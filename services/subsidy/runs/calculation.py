"""The job of a run: freeze the inputs, calculate scope by scope, see what may be had together, close.

After a crash it goes on where it was. Each step is a transaction of its own: a scope is either calculated with all its
lines or not at all.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
import polars as pl
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy import packs as packs_of
from services.subsidy.applications.columns import paid_once
from services.subsidy.applications.levels import CONTRADICTED
from services.subsidy.engine import Pack, Packs, UnknownRegion, reference_day
from services.subsidy.inputs import disputes
from services.subsidy.inputs.domain import APPLICATION, FACTS
from services.subsidy.runs import adjustments, applications, combining, freezing, lines, repository
from services.subsidy.runs.area import LONG_AGO, Area, holds
from services.subsidy.runs.domain import Action, Outcome, RunState, move
from services.subsidy.runs.freezing import Planned
from services.subsidy.runs.models import Run, RunScope
from services.subsidy.subjects.repository import intake
from shared.clock import Month
from shared.database import Database, Scope
from shared.failure import described
from shared.faults import lacks_room
from shared.tables import ensure_month

if TYPE_CHECKING:
    from shared.kernel import KernelState

ATTEMPTS = 5
HOPELESS = (ValueError, ArithmeticError, LookupError)
Wanted = tuple[Month, str, Area, datetime | None]
"""A programme's month, where, and since when it is looked at again."""
TABLES = ("lines", *dict.fromkeys(facts.table for facts in FACTS.values()))


async def calculate_run(kernel: KernelState, payload: dict[str, Any]) -> None:
    """Bring a run from draft to calculated; to failed when trying again cannot help."""
    database, run_id = kernel.database, UUID(payload["run_id"])
    attempt = await _start(database, run_id)
    if attempt is None:
        return
    try:
        await freeze_run(database, packs_of.packs(kernel.settings), run_id)
        for number in await _open_scopes(database, run_id):
            await calculate_scope(database, run_id, number)
        await _finish(database, run_id)
    except Exception as error:
        if lacks_room(error) or (attempt < ATTEMPTS and not isinstance(error, HOPELESS)):
            raise
        await _fail(database, run_id, error)


async def _start(database: Database, run_id: UUID) -> int | None:
    """Begin, or go on after a crash; None when there is nothing to do."""
    async with database.transaction(Scope.everywhere()) as session:
        run = await repository.get(session, run_id, for_update=True)
        if run is None or RunState(run.state) not in {RunState.DRAFT, RunState.CALCULATING}:
            return None
        run.state = move(RunState(run.state), Action.START)
        run.attempts += 1
        return run.attempts


async def freeze_run(database: Database, packs: Packs, run_id: UUID) -> None:
    """Copy everything the run will look at, at one moment between two writes of the read models."""
    async with database.transaction(Scope.everywhere()) as session:
        run = await repository.get(session, run_id, for_update=True)
        if run is None or run.frozen_at:
            return
        await _make_room(session, run)
    async with database.transaction(Scope.everywhere()) as session:
        run = await repository.get(session, run_id, for_update=True)
        if run is None or run.frozen_at:
            return
        await intake(session, alone=True)
        run.frozen_at = await session.scalar(func.clock_timestamp().select())
        for number, (pack, planned) in enumerate(await _plan(session, packs, run)):
            await _freeze_scope(session, run, pack, planned, number)


async def _make_room(session: AsyncSession, run: Run) -> None:
    """Partitions for the run's month; earlier months have theirs from their own runs."""
    for table in TABLES:
        await ensure_month(session, table, Month.of(run.month))


async def _freeze_scope(session: AsyncSession, run: Run, pack: Pack, planned: Planned, number: int) -> None:
    await packs_of.remember(session, pack)
    row = RunScope(
        run_id=run.id,
        scope=number,
        region=run.region,
        regular=planned.since is None,
        programme=planned.programme,
        month=planned.month.first,
        pack_hash=pack.hash,
        basis=pack.basis(planned.programme, planned.month),
        counties=list(planned.area.counties),
        area=list(planned.area.prefixes),
        frozen_at=run.frozen_at,
        rows=0,
    )
    session.add(row)
    row.rows = await freezing.freeze(session, planned)


async def _plan(session: AsyncSession, packs: Packs, run: Run) -> list[tuple[Pack, Planned]]:
    """The month itself, once per programme, and every month decided before; for each pack in the region.

    Everybody of a past month is looked at again only if what that month's answers rest on is no longer the same law.
    """
    before = [one for one in await repository.runs_of(session, run.month, run.region) if one.number < run.number]
    standing = [one for one in before if RunState(one.state) not in {RunState.REJECTED, RunState.FAILED}]
    known = {code for one in standing for code in one.programmes}
    planned: list[tuple[Pack, Planned]] = []
    for pack, counties in await _areas(session, packs, run):
        wanted = [law.code for law in pack.programmes.values() if law.code in run.programmes and law.form == "cash"]
        whole = Area(tuple(counties), (run.prefix,))
        months: list[Wanted] = [(Month.of(run.month), code, whole, None) for code in wanted if code not in known]
        for past in await freezing.looked_at(session, run.id, run.prefix, Month.of(run.month), counties):
            if past.programme in wanted:
                same = past.basis == pack.basis(past.programme, past.month)
                area = Area(tuple(counties), past.prefixes)
                months.append((past.month, past.programme, area, past.frozen_at if same else LONG_AGO))
        planned += _scopes(run, pack, months, len(planned))
    return planned


def _scopes(run: Run, pack: Pack, months: Sequence[Wanted], start: int) -> Iterator[tuple[Pack, Planned]]:
    for number, (month, code, area, since) in enumerate(months, start):
        law = pack.programmes[code]
        facts, day, once = FACTS[law.source], reference_day(pack, code, month), paid_once(law)
        yield pack, Planned(run.id, number, code, month, facts, run.prefix, pack.prefix, day, area, since, once)


async def _areas(session: AsyncSession, packs: Packs, run: Run) -> list[tuple[Pack, list[str]]]:
    """The counties of the region that have anything to decide about, by the pack in force there."""
    areas: dict[str, tuple[Pack, list[str]]] = {}
    for county in await freezing.counties(session, run.prefix):
        try:
            pack = packs.for_region(county)
        except UnknownRegion:
            continue
        areas.setdefault(pack.hash, (pack, []))[1].append(county)
    return list(areas.values())


async def _open_scopes(database: Database, run_id: UUID) -> list[int]:
    async with database.transaction(Scope.everywhere()) as session:
        return [one.scope for one in await repository.scopes(session, run_id) if one.calculated_at is None]


async def calculate_scope(database: Database, run_id: UUID, number: int) -> int:
    """From frozen inputs to stored lines, in one transaction; returns how many lines."""
    async with database.transaction(Scope.everywhere()) as session:
        one = await repository.scope(session, run_id, number, for_update=True)
        if one.calculated_at:
            return 0
        pack = await packs_of.recall(session, one.pack_hash)
        part = lines.Part(str(run_id), number, one.programme, Month.of(one.month), pack)
        if part.facts is APPLICATION:
            await applications.add_paid(session, part)
        csv, frame = await repository.inputs(session, part)
        judged = await asyncio.to_thread(lines.judge, pack, one.programme, part.month, frame)
        if part.facts is APPLICATION:
            mine = judged.filter(holds("region", one.whole))
            await applications.keep_paid(session, part, lines.paid_rows(mine))
            await _dispute(session, one, mine.filter(pl.col(CONTRADICTED).is_not_null()))
        entitled = await asyncio.to_thread(lines.roll_up, part.facts, judged)
        work = _regular if one.regular else _again
        made = await work(session, one, part, entitled, hashlib.sha256(csv).hexdigest())
        return await repository.store_lines(session, part, made)


async def _dispute(session: AsyncSession, one: RunScope, rows: pl.DataFrame) -> None:
    """Write down whose typed level the register's assessments contradict, and how many applications these are."""
    if rows.is_empty():
        return
    told = rows.select("application_id", "row", "region", disputes=CONTRADICTED).to_dicts()
    denied = [row | {"disputes": orjson.loads(row["disputes"])} for row in told]
    await disputes.keep_denied(session, Month.of(one.month), denied)
    notice = (Outcome.HELD.value, "register_contradicts", rows["application_id"].n_unique(), 0)
    await repository.store_notices(session, one, "disputed", [notice])


async def _regular(
    session: AsyncSession, one: RunScope, part: lines.Part, entitled: pl.DataFrame, input_hash: str
) -> pl.DataFrame:
    entitled = entitled.filter(holds("region", one.whole))
    known = await repository.decided_elsewhere(session, part)
    made = lines.regular(part, entitled, known)
    await repository.store_totals(session, one, lines.totals(entitled, made), input_hash)
    await repository.store_notices(session, one, "regular", lines.notices(entitled, made))
    return made


async def _again(
    session: AsyncSession, one: RunScope, part: lines.Part, entitled: pl.DataFrame, input_hash: str
) -> pl.DataFrame:
    decided = await repository.decided(session, part)
    compared = adjustments.compare(entitled, decided, one.whole)
    made = adjustments.lines(part, compared)
    await repository.store_totals(session, one, adjustments.totals(compared), input_hash)
    await repository.store_notices(session, one, "adjustment", adjustments.notices(made))
    return made


async def _finish(database: Database, run_id: UUID) -> None:
    """See what seniors may have together, and close, both or neither."""
    async with database.transaction(Scope.everywhere()) as session:
        run = await repository.get(session, run_id, for_update=True)
        if run and run.state == RunState.CALCULATING:
            await combining.combine_run(session, run_id, await repository.scopes(session, run_id))
            run.state = move(RunState.CALCULATING, Action.FINISH)
            run.calculated_at = await session.scalar(func.clock_timestamp().select())


async def _fail(database: Database, run_id: UUID, error: Exception) -> None:
    async with database.transaction(Scope.everywhere()) as session:
        run = await repository.get(session, run_id, for_update=True)
        if run and RunState(run.state) in {RunState.DRAFT, RunState.CALCULATING}:
            run.state, run.error = move(RunState(run.state), Action.FAIL), described(error, "calculate_run")
            await repository.void_lines(session, run_id)

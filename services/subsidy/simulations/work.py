"""The job of a simulation: plan its parts, work them out one by one, close. After a crash it goes on where it was.

What is asked and what is found stays in the scope of the simulation's region. The facts are read as a run reads them:
everybody whom the region decides about, wherever registered. No line, no run and no payment is ever written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple
from uuid import UUID
from weakref import WeakKeyDictionary

import polars as pl
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy import packs as packs_of
from services.subsidy.runs import freezing
from services.subsidy.simulations import repository, sides
from services.subsidy.simulations.domain import OPEN, SimulationState
from services.subsidy.simulations.models import Part, Simulation
from services.subsidy.simulations.schemas import SimulationIn
from services.subsidy.simulations.sides import Side
from shared.apart import apart
from shared.clock import now
from shared.database import Database, Scope
from shared.errors import Invalid
from shared.failure import described
from shared.faults import lacks_room
from shared.regions import prefix_of
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.kernel import KernelState

JOB, CLEAN = "simulate", "clean_simulations"
SCHEDULES = {CLEAN: "20 18 * * *"}
"""Twenty past two in the morning in Shanghai, written in UTC."""
ATTEMPTS, AT_ONCE = 5, 100
HOPELESS = (ValueError, ArithmeticError, LookupError, Invalid)
T = TypeVar("T")
Args = TypeVarTuple("Args")
_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def simulate(kernel: KernelState, payload: dict[str, Any]) -> None:
    """Bring a simulation from queued to done; to failed when trying again cannot help."""
    database, simulation_id = kernel.database, UUID(payload["simulation_id"])
    begun = await _start(database, simulation_id)
    if begun is None:
        return
    try:
        await plan(database, kernel.settings, begun)
        own = _scope(begun)
        for number in await _open_parts(database, own, simulation_id):
            if not await work_out(database, own, simulation_id, number):
                return
        await _close(database, own, simulation_id, SimulationState.DONE)
    except Exception as error:
        if lacks_room(error) or (begun.attempts < ATTEMPTS and not isinstance(error, HOPELESS)):
            raise
        await _close(database, _scope(begun), simulation_id, SimulationState.FAILED, described(error, JOB))


def _scope(one: Simulation) -> Scope:
    return Scope((prefix_of(one.region),))


async def _start(database: Database, simulation_id: UUID) -> Simulation | None:
    """Begin, or go on after a crash; None when there is nothing to do."""
    async with database.transaction(Scope.everywhere()) as session:
        one = await repository.get(session, simulation_id, for_update=True)
        if one is None or SimulationState(one.state) not in OPEN:
            return None
        one.state, one.attempts = SimulationState.RUNNING, one.attempts + 1
        return one


async def plan(database: Database, settings: Settings, one: Simulation) -> None:
    """Lay down both laws and every part, once: a policy file that changes later changes nothing here."""
    if one.planned_at:
        return
    wanted = SimulationIn.model_validate(one.request)
    packs = packs_of.packs(settings)
    async with database.transaction(Scope.everywhere()) as session:
        counties = await freezing.counties(session, prefix_of(one.region))
    places = await judged(wanted, sides.places_of, packs.sealed, wanted, counties)
    async with database.transaction(_scope(one)) as session:
        running = await _running(session, one.id)
        if running is None or running.planned_at:
            return
        kept = {pack.hash: pack.snapshot() for place in places for pack in place.packs}
        await repository.keep_packs(session, running, kept)
        for number, planned in enumerate(sides.planned(wanted, places)):
            session.add(Part(simulation_id=one.id, part=number, region=one.region, **planned))
        running.planned_at = await session.scalar(func.clock_timestamp().select())


async def judged(wanted: SimulationIn, function: Callable[[*Args], T], *args: *Args) -> T:
    """What a function makes of a request: in a process of its own where a draft came with it, which may be hostile."""
    return await (apart(function, *args) if wanted.draft else asyncio.to_thread(function, *args))


async def _running(session: AsyncSession, simulation_id: UUID) -> Simulation | None:
    """The simulation, locked; None when somebody cancelled or deleted it."""
    one = await repository.get(session, simulation_id, for_update=True)
    return one if one and one.state == SimulationState.RUNNING else None


async def _open_parts(database: Database, own: Scope, simulation_id: UUID) -> list[int]:
    async with database.transaction(own) as session:
        return [part.part for part in await repository.parts(session, simulation_id) if part.done_at is None]


async def work_out(database: Database, own: Scope, simulation_id: UUID, number: int) -> bool:
    """One part, with all its figures or none; False when the simulation is to stop. One at a time in a process."""
    async with _gate():
        async with database.transaction(own) as session:
            one, part = (
                await repository.get(session, simulation_id),
                await repository.part(session, simulation_id, number),
            )
            if one is None or part is None or one.state != SimulationState.RUNNING:
                return False
            if part.done_at:
                return True
            contents = await repository.packs(session, simulation_id)
        both = sides.sides(part, contents)
        others = await _others(database, part, both)
        frames = {key: await _read(database, part, key) for key in {side.key for side in both if side}}
        read_at = now()
        found = await asyncio.to_thread(sides.result, part, both, frames, others)
        async with database.transaction(own) as session:
            if await _running(session, simulation_id) is None:
                return False
            again = await repository.part(session, simulation_id, number, for_update=True)
            if again is None or again.done_at:
                return again is not None
            await repository.store(session, again, found.figures, found.reasons)
            again.rows, again.read_at, again.done_at = found.rows, read_at, now()
            for side, silence in zip(("today", "changed"), found.silences, strict=True):
                if silence:
                    setattr(again, f"{side}_outcome", silence[0])
                    setattr(again, f"{side}_reason", silence[1])
        return True


async def _others(database: Database, part: Part, both: Sequence[Side | None]) -> list[list[pl.DataFrame]]:
    """What other benefits come to, side by side. One after the other: of all their facts only sums stay in memory."""
    found: list[list[pl.DataFrame]] = [[] for _ in both]
    for key in dict.fromkeys(key for side in both if side for key in side.others):
        facts = await _read(database, part, key)
        for side, dues in zip(both, found, strict=True):
            if side and key in side.others:
                dues.append(await asyncio.to_thread(sides.due, part, side, key, facts))
    return found


async def _read(database: Database, part: Part, key: sides.Key) -> pl.DataFrame:
    async with database.transaction(Scope.everywhere()) as session:
        return await repository.read(session, key.facts, sides.values(part, key))


def _gate() -> asyncio.Semaphore:
    """A part may hold a whole city in memory, so a process works on one after the other."""
    return _gates.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(1))


async def _close(
    database: Database, own: Scope, simulation_id: UUID, state: SimulationState, error: str | None = None
) -> None:
    async with database.transaction(own) as session:
        one = await _running(session, simulation_id)
        if one:
            one.state, one.error, one.finished_at = state, error, now()


async def clean(kernel: KernelState, _payload: dict[str, Any]) -> None:
    """Delete what was kept long enough, a hundred in a transaction; safe to run again at any time."""
    before, done = now() - timedelta(days=kernel.settings.simulation_days), AT_ONCE
    while done == AT_ONCE:
        async with kernel.database.transaction(Scope.everywhere()) as session:
            done = await repository.forget(session, before, AT_ONCE)

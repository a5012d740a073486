"""Use cases of simulations: ask, follow, cancel, and read what they found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy import packs as packs_of
from services.subsidy.errors import (
    OutsideRegion,
    SimulationNotDone,
    SimulationNotFound,
    TooManySimulations,
    UnknownRegion,
    WrongState,
)
from services.subsidy.simulations import laws, repository
from services.subsidy.simulations.domain import OPEN, SimulationState
from services.subsidy.simulations.models import Simulation
from services.subsidy.simulations.report import Report
from services.subsidy.simulations.results import ResultOut, SimulationDetail
from services.subsidy.simulations.schemas import SimulationIn, SimulationOut
from services.subsidy.simulations.work import JOB, judged
from shared import audit
from shared.auth import Caller
from shared.clock import Month, date_of
from shared.ids import new_id
from shared.jobs import enqueue
from shared.jurisdiction import check_region
from shared.settings import Settings

MOST_OPEN = 5
"""Simulations of one person that wait or run."""
LINES = "subsidy.runs:read"
"""Whoever has this scope may see single lines, and so every count."""


async def create(
    session: AsyncSession, settings: Settings, caller: Caller, wanted: SimulationIn, at: datetime
) -> Simulation:
    """Take a question and have it worked out. What no job could do is refused at once."""
    check_region(caller, wanted.region, outside=OutsideRegion, unknown=UnknownRegion)
    ignored = await judged(wanted, laws.limits, packs_of.packs(settings).sealed, wanted)
    limits = [{"zh": one.message, "en": one.message_en} for one in ignored]
    if await repository.open_of(session, caller.subject) >= MOST_OPEN:
        raise TooManySimulations
    one = Simulation(
        id=new_id(),
        region=wanted.region,
        request=wanted.model_dump(mode="json"),
        limits=limits,
        state=SimulationState.QUEUED,
        created_by=caller.subject,
        created_at=at,
        attempts=0,
    )
    session.add(one)
    await session.flush()
    await enqueue(session, JOB, {"simulation_id": str(one.id)})
    await audit.record(session, caller, "simulation.create", str(one.id), detail={"region": wanted.region})
    return one


async def find(session: AsyncSession, simulation_id: UUID, *, for_update: bool = False) -> Simulation:
    """A simulation of the caller's regions; SimulationNotFound (404) otherwise."""
    one = await repository.get(session, simulation_id, for_update=for_update)
    if one is None:
        raise SimulationNotFound
    return one


async def shown(session: AsyncSession, settings: Settings, some: Sequence[Simulation]) -> list[SimulationOut]:
    """Simulations with how far they are."""
    progress = await repository.progress(session, [one.id for one in some])
    return [SimulationOut.model_validate(_told(settings, one, progress.get(one.id))) for one in some]


def _told(settings: Settings, one: Simulation, progress: tuple[int, int] | None) -> dict[str, Any]:
    asked = SimulationIn.model_validate(one.request)
    total, done = progress or (0 if one.planned_at else None, 0)
    names = ("id", "region", "state", "created_by", "created_at", "finished_at", "error")
    return {name: getattr(one, name) for name in names} | {
        "first_month": asked.months[0],
        "last_month": asked.months[-1],
        "kept_until": date_of(one.created_at + timedelta(days=settings.simulation_days)),
        "total": total,
        "done": done,
    }


async def detail(session: AsyncSession, settings: Settings, caller: Caller, simulation_id: UUID) -> SimulationDetail:
    """A simulation with its question and, when it is done, its answer."""
    one = await find(session, simulation_id)
    progress = await repository.progress(session, [one.id])
    told = _told(settings, one, progress.get(one.id))
    result = await _result(session, settings, caller, one) if one.state == SimulationState.DONE else None
    return SimulationDetail.model_validate(told | {"asked": _asked(one), "result": result})


def _asked(one: Simulation) -> dict[str, Any]:
    """The request without the texts of a draft."""
    draft: dict[str, Any] = one.request["draft"] or {}
    brief = {name: draft.get(name) if name == "pack" else "…" for name, value in draft.items() if value is not None}
    return one.request | {"draft": brief or None}


async def result(session: AsyncSession, settings: Settings, caller: Caller, simulation_id: UUID) -> ResultOut:
    """The answer alone; SimulationNotDone (409) while there is none."""
    one = await find(session, simulation_id)
    if one.state != SimulationState.DONE:
        raise SimulationNotDone(f"The simulation is {one.state}.", f"该测算当前状态为 {one.state}。", state=one.state)
    return await _result(session, settings, caller, one)


async def _result(session: AsyncSession, settings: Settings, caller: Caller, one: Simulation) -> ResultOut:
    report = await Report.of(session, one, small=1 if LINES in caller.scopes else settings.simulation_small)
    return await report.result(session)


async def months_of(session: AsyncSession, simulation_id: UUID) -> list[Month]:
    """The months of a simulation."""
    return SimulationIn.model_validate((await find(session, simulation_id)).request).months


async def cancel(session: AsyncSession, caller: Caller, simulation_id: UUID, at: datetime) -> Simulation:
    """Stop a simulation that waits or runs. Cancelling again changes nothing; what is finished stays."""
    one = await find(session, simulation_id, for_update=True)
    if one.state == SimulationState.CANCELLED:
        return one
    if SimulationState(one.state) not in OPEN:
        raise WrongState(f"The simulation is {one.state}.", f"该测算当前状态为 {one.state}。", state=one.state)
    one.state, one.finished_at = SimulationState.CANCELLED, at
    await repository.forget_figures(session, one.id)
    await audit.record(session, caller, "simulation.cancel", str(one.id))
    return one

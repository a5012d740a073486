"""Use cases of a run: ask for it, submit it, decide on it as a second person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.engine import Packs
from services.subsidy.engine import UnknownRegion as NoPack
from services.subsidy.errors import (
    MonthNotBegun,
    NoPolicy,
    NotPaidInMoney,
    OutsideRegion,
    RunNotFound,
    RunOpen,
    RunOverlaps,
    SecondPersonNeeded,
    UnknownRegion,
    WrongState,
)
from services.subsidy.recoveries import service as recoveries
from services.subsidy.runs import repository
from services.subsidy.runs.domain import OPEN, Action, RunState, decide, move
from services.subsidy.runs.models import Run
from services.subsidy.runs.schemas import RunIn
from shared import audit
from shared.auth import Caller
from shared.clock import Month, date_of
from shared.errors import FieldError
from shared.ids import new_id
from shared.jobs import enqueue
from shared.jurisdiction import check_region
from shared.regions import prefix_of
from shared.workflow import MoveRefusedError, SamePersonError

JOB = "calculate_run"


async def create(session: AsyncSession, packs: Packs, caller: Caller, wanted: RunIn, at: datetime) -> Run:
    """Open a run for a month and region and have it calculated. One at a time, and none across regions."""
    check_region(caller, wanted.region, outside=OutsideRegion, unknown=UnknownRegion)
    programmes = _programmes(packs, wanted)
    if wanted.month > Month.of(date_of(at)):
        raise MonthNotBegun(f"{wanted.month} has not begun.", f"{wanted.month}尚未开始。")
    month = wanted.month.first
    prefix = wanted.region if wanted.only_itself else prefix_of(wanted.region)
    await repository.lock_month(session, month)
    if await repository.overlaps(session, month, prefix):
        raise RunOverlaps
    earlier = await repository.runs_of(session, month, wanted.region)
    for run in earlier:
        if RunState(run.state) in OPEN:
            raise RunOpen(f"Run {run.id} is {run.state}.", f"批次{run.id}尚未完成。", run_id=str(run.id))
    run = Run(
        id=new_id(),
        month=month,
        region=wanted.region,
        prefix=prefix,
        number=len(earlier) + 1,
        programmes=programmes,
        state=RunState.DRAFT,
        created_by=caller.subject,
        created_at=at,
        attempts=0,
    )
    session.add(run)
    await session.flush()
    await enqueue(session, JOB, {"run_id": str(run.id)})
    await audit.record(session, caller, "run.create", str(run.id), detail={"month": str(wanted.month)})
    return run


def _programmes(packs: Packs, wanted: RunIn) -> list[str]:
    """The programmes asked for, or all that are paid in money in the region.

    NoPolicy for what nobody decided, NotPaidInMoney for what is given in kind or as a voucher.
    """
    try:
        known = packs.for_region(wanted.region).programmes
    except NoPack:
        raise NoPolicy(f"No policy covers {wanted.region}.", f"{wanted.region}没有适用的政策。") from None
    asked: Sequence[str] = wanted.programmes or [law.code for law in known.values() if law.form == "cash"]
    unknown = [code for code in asked if code not in known]
    if unknown:
        en, zh = f"The policy has no programme {unknown[0]}.", f"政策中没有项目{unknown[0]}。"
        raise NoPolicy(en, zh, [FieldError.of("/programmes", "programme", en, zh)])
    for number, code in enumerate(asked):
        if known[code].form != "cash":
            en, zh = f"{known[code].name.en} is not paid in money.", f"{known[code].name.zh}不以现金发放。"
            raise NotPaidInMoney(en, zh, [FieldError.of(f"/programmes/{number}", "not_paid_in_money", en, zh)])
    return list(dict.fromkeys(asked))


async def find(session: AsyncSession, run_id: UUID, *, for_update: bool = False) -> Run:
    """A run of the caller's regions; RunNotFound (404) otherwise."""
    run = await repository.get(session, run_id, for_update=for_update)
    if run is None:
        raise RunNotFound
    return run


async def submit(session: AsyncSession, caller: Caller, run_id: UUID, at: datetime) -> Run:
    """Hand a calculated run over for approval."""
    run = await find(session, run_id, for_update=True)
    run.state, run.submitted_by, run.submitted_at = _move(run, Action.SUBMIT), caller.subject, at
    await audit.record(session, caller, "run.submit", str(run_id))
    return run


async def approve(session: AsyncSession, caller: Caller, run_id: UUID, reason: str | None, at: datetime) -> Run:
    """Approve as a second person. Recoveries are opened with it, set by set; no line is touched."""
    run = await _decide(session, caller, run_id, Action.APPROVE, reason=reason, at=at)
    await session.flush()
    await recoveries.open_for(session, run.id, caller.subject)
    return run


async def reject(session: AsyncSession, caller: Caller, run_id: UUID, reason: str, at: datetime) -> Run:
    """Reject as a second person. The run's lines become void and block nobody."""
    run = await _decide(session, caller, run_id, Action.REJECT, reason=reason, at=at)
    await session.flush()
    await repository.void_lines(session, run.id)
    return run


async def _decide(
    session: AsyncSession, caller: Caller, run_id: UUID, action: Action, *, reason: str | None, at: datetime
) -> Run:
    run = await find(session, run_id, for_update=True)
    try:
        after = decide(RunState(run.state), action, actor=caller.subject, others=(run.created_by, run.submitted_by))
    except SamePersonError:
        raise SecondPersonNeeded from None
    except MoveRefusedError as error:
        raise _wrong_state(run, error) from None
    run.state, run.decided_by, run.decided_at, run.decision_reason = after, caller.subject, at, reason
    await audit.record(session, caller, f"run.{action}", str(run_id), detail={"reason": reason or ""})
    return run


def _move(run: Run, action: Action) -> RunState:
    try:
        return move(RunState(run.state), action)
    except MoveRefusedError as error:
        raise _wrong_state(run, error) from None


def _wrong_state(run: Run, error: Exception) -> WrongState:
    return WrongState(f"{error}.", f"批次当前状态为 {run.state},不能进行此操作。", state=run.state)

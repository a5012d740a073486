"""Routes of runs 月度发放批次 and their lines."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.subsidy import packs
from services.subsidy.errors import (
    LineNotFound,
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
from services.subsidy.runs import repository, service
from services.subsidy.runs.domain import LineKind, Outcome
from services.subsidy.runs.schemas import Decision, LineOut, NoticeOut, RunDetail, RunIn, RunOut, RunRefusal, ScopeOut
from services.subsidy.schemas import Programme
from shared.answers import LOCATED
from shared.api import Kernel, Session, bounded, router
from shared.auth import Caller, require
from shared.clock import Month, MonthText, now
from shared.errors import problems
from shared.limits import LONG_SECONDS
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_id, sliced

routes = router("/v1/runs", "runs 核算")
line_routes = router("/v1/lines", "lines 明细")
Reader = Annotated[Caller, require("subsidy.runs:read")]
Writer = Annotated[Caller, require("subsidy.runs:write")]
Approver = Annotated[Caller, require("subsidy.runs:approve")]
REASON = r"^[a-z][a-z0-9_.]{0,99}$"
DECIDING = problems(RunNotFound, SecondPersonNeeded, WrongState)


@routes.post(
    "",
    summary="Open a monthly run 发起月度批次",
    status_code=202,
    responses=problems(OutsideRegion, UnknownRegion, RunOpen, RunOverlaps, NoPolicy, NotPaidInMoney, MonthNotBegun)
    | {202: LOCATED},
)
async def create_run(body: RunIn, session: Session, kernel: Kernel, caller: Writer, response: Response) -> RunOut:
    """Freeze the inputs and calculate every programme of the month, in the background.

    Months decided before are looked at again: what was learned since gives back-pay 补发 or recovery 追缴 lines.
    """
    run = await service.create(session, packs.packs(kernel.settings), caller, body, now())
    response.headers["location"] = f"/subsidy/v1/runs/{run.id}"
    return RunOut.model_validate(run)


@routes.get("", summary="List runs 批次列表")
async def list_runs(
    session: Session,
    caller: Reader,  # noqa: ARG001  # the scope
    month: Annotated[MonthText | None, Query(description="Only of this month 发放月份")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[RunOut]:
    """Runs of the caller's regions, the newest first."""
    of_month = Month.parse(month).first if month else None
    found = await repository.page_of_runs(session, cursor_id(cursor), limit + 1, of_month)
    return sliced([RunOut.model_validate(run) for run in found], limit)


@routes.get("/{run_id}", summary="Read a run 批次详情", responses=problems(RunNotFound))
async def read_run(run_id: UUID, session: Session, caller: Reader) -> RunDetail:  # noqa: ARG001  # the scope
    """A run with its parts, control totals, and how many subjects ended with which reason."""
    run = await service.find(session, run_id)
    scopes = [ScopeOut.model_validate(scope) for scope in await repository.scopes(session, run_id)]
    notices = [NoticeOut.model_validate(notice) for notice in await repository.notices(session, run_id)]
    done = sum(scope.inputs is not None for scope in scopes)
    base = {name: getattr(run, name) for name in RunOut.model_fields}
    return RunDetail.model_validate(base | {"scopes": scopes, "notices": notices, "done": done})


@routes.get("/{run_id}/lines", summary="List a run's lines 批次明细", responses=problems(RunNotFound))
async def list_lines(
    *,
    run_id: UUID,
    session: Session,
    caller: Reader,  # noqa: ARG001  # the scope
    programme: Annotated[Programme | None, Query()] = None,
    kind: Annotated[LineKind | None, Query(description="regular, arrears or recovery 明细类型")] = None,
    outcome: Annotated[Outcome | None, Query(description="What was decided 结果")] = None,
    reason: Annotated[str | None, Query(pattern=REASON, description="Only with this reason 原因代码")] = None,
    senior_id: Annotated[UUID | None, Query(description="Only of this senior 老年人")] = None,
    beneficiary_id: Annotated[UUID | None, Query(description="Only of this beneficiary 收款对象")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[LineOut]:
    """Everybody who entered a programme's population, paid or not, with the reason."""
    await service.find(session, run_id)
    filters = {"programme": programme, "kind": kind, "outcome": outcome, "reason": reason}
    ids = {"senior_id": senior_id, "beneficiary_id": beneficiary_id}
    found = await repository.page_of_lines(session, run_id, cursor_id(cursor), limit + 1, **filters, **ids)
    return sliced([LineOut.model_validate(line) for line in found], limit)


@routes.post("/{run_id}/submit", summary="Submit a run 提交审批", responses=problems(RunNotFound, WrongState))
async def submit_run(run_id: UUID, session: Session, caller: Writer) -> RunOut:
    """Hand a calculated run over to a second person."""
    return RunOut.model_validate(await service.submit(session, caller, run_id, now()))


@routes.post("/{run_id}/approve", summary="Approve a run 审批通过", responses=DECIDING)
@bounded(at_once=2, seconds=LONG_SECONDS)
async def approve_run(run_id: UUID, session: Session, caller: Approver, body: Decision | None = None) -> RunOut:
    """Approve as a second person: neither the author nor who submitted it. Opens the recoveries it found."""
    return RunOut.model_validate(await service.approve(session, caller, run_id, body.reason if body else None, now()))


@routes.post("/{run_id}/reject", summary="Reject a run 退回批次", responses=DECIDING)
@bounded(at_once=2, seconds=LONG_SECONDS)
async def reject_run(run_id: UUID, body: RunRefusal, session: Session, caller: Approver) -> RunOut:
    """Reject as a second person. The lines become void; a new run may be opened."""
    return RunOut.model_validate(await service.reject(session, caller, run_id, body.reason, now()))


@line_routes.get("/{line_id}", summary="Read a line 发放明细", responses=problems(LineNotFound))
async def read_line(line_id: UUID, session: Session, caller: Reader) -> LineOut:  # noqa: ARG001  # the scope
    """One line: for whom, how much, and why."""
    found = await repository.line(session, line_id)
    if found is None:
        raise LineNotFound
    return LineOut.model_validate(found)

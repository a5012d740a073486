"""Routes of recoveries 追缴."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.subsidy.errors import (
    LineNotFound,
    MoreThanOwed,
    RecoveryNotFound,
    RequestNotFound,
    SecondPersonNeeded,
    WrongState,
)
from services.subsidy.recoveries import service
from services.subsidy.recoveries.schemas import EntryIn, RecoveryDetail, RecoveryOut, RecoveryRefusal
from shared.api import Session, router
from shared.auth import Caller, require
from shared.errors import problems
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_id, sliced

routes = router("/v1/recoveries", "recoveries 追回")
Reader = Annotated[Caller, require("subsidy.recoveries:read")]
Writer = Annotated[Caller, require("subsidy.recoveries:write")]
Decider = Annotated[Caller, require("subsidy.recoveries:decide")]


@routes.get("", summary="List recoveries 追缴列表")
async def list_recoveries(
    session: Session,
    caller: Reader,  # noqa: ARG001  # the scope
    beneficiary_id: Annotated[UUID | None, Query(description="Only of this beneficiary 收款对象")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[RecoveryOut]:
    """Recoveries of the caller's regions with their balances, the newest first."""
    found = await service.listed(session, cursor_id(cursor), limit + 1, beneficiary_id)
    return sliced(found, limit)


@routes.get("/{recovery_id}", summary="Read a recovery 追缴详情", responses=problems(RecoveryNotFound))
async def read_recovery(recovery_id: UUID, session: Session, caller: Reader) -> RecoveryDetail:  # noqa: ARG001
    """A recovery with every entry of its ledger; the balance is their sum."""
    return await service.detail(session, recovery_id)


@routes.post(
    "/{recovery_id}/entries",
    summary="Ask to record a repayment, an offset or a waiver 登记退回、抵扣或核销",
    status_code=202,
    responses=problems(RecoveryNotFound, LineNotFound, MoreThanOwed),
)
async def add_recovery_entry(recovery_id: UUID, body: EntryIn, session: Session, caller: Writer) -> RecoveryDetail:
    """Ask to close part of a recovery. It counts once a second person confirmed it, and is never changed then."""
    return await service.propose(session, caller, recovery_id, body)


@routes.post(
    "/{recovery_id}/requests/{request_id}/confirm",
    summary="Confirm an entry as a second person 复核确认",
    responses=problems(RecoveryNotFound, RequestNotFound, SecondPersonNeeded, WrongState, LineNotFound, MoreThanOwed),
)
async def confirm_recovery_entry(
    recovery_id: UUID, request_id: UUID, session: Session, caller: Decider
) -> RecoveryDetail:
    """Enter what was asked for, once; whoever asked may not confirm."""
    return await service.confirm(session, caller, recovery_id, request_id)


@routes.post(
    "/{recovery_id}/requests/{request_id}/refuse",
    summary="Refuse an entry as a second person 复核不通过",
    responses=problems(RecoveryNotFound, RequestNotFound, SecondPersonNeeded, WrongState),
)
async def refuse_recovery_entry(
    recovery_id: UUID, request_id: UUID, body: RecoveryRefusal, session: Session, caller: Decider
) -> RecoveryDetail:
    """Nothing is entered."""
    return await service.refuse(session, caller, recovery_id, request_id, body.reason)

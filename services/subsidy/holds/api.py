"""Routes of holds 暂停发放."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.subsidy.errors import HoldKnown, HoldNotFound, SubjectNotFound, WrongState
from services.subsidy.holds import repository, service
from services.subsidy.holds.schemas import HoldIn, HoldOut, LiftIn
from shared.api import Session, router
from shared.auth import Caller, require
from shared.errors import problems
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_id, sliced

routes = router("/v1/holds", "holds 暂缓")
Reader = Annotated[Caller, require("subsidy.runs:read")]
Writer = Annotated[Caller, require("subsidy.runs:write")]


@routes.post(
    "", summary="Put a subject on hold 暂停发放", status_code=201, responses=problems(SubjectNotFound, HoldKnown)
)
async def place_hold(body: HoldIn, session: Session, caller: Writer) -> HoldOut:
    """Stop payments to a senior or an organisation. A hold outranks every run until a person lifts it."""
    return HoldOut.model_validate(await service.place(session, caller, body))


@routes.get("", summary="List holds 暂停列表")
async def list_holds(
    session: Session,
    caller: Reader,  # noqa: ARG001  # the scope
    active: Annotated[bool | None, Query(description="Only those in force, or only lifted ones 是否有效")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[HoldOut]:
    """Holds of the caller's regions, the newest first."""
    found = await repository.page(session, cursor_id(cursor), limit + 1, active=active)
    return sliced([HoldOut.model_validate(hold) for hold in found], limit)


@routes.post("/{hold_id}/lift", summary="Lift a hold 恢复发放", responses=problems(HoldNotFound, WrongState))
async def lift_hold(hold_id: UUID, body: LiftIn, session: Session, caller: Writer) -> HoldOut:
    """Let payments go on; the next run pays what was kept back."""
    return HoldOut.model_validate(await service.lift(session, caller, hold_id, body.reason))

"""Routes on leads."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.credit.errors import IllegalStep
from services.credit.leads import repository, service
from services.credit.leads.schemas import Dismissal, LeadOut, LeadStatus
from shared import api
from shared.api import Session
from shared.auth import Caller, require
from shared.errors import NotFound, problems
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_id, encode_cursor

router = api.router("/v1/leads", "leads 线索")


@router.get("", summary="List leads 查询线索")
async def list_leads(
    session: Session,
    _caller: Annotated[Caller, require("credit.records:read")],
    subject_id: UUID | None = None,
    status: Annotated[LeadStatus | None, Query(description="Only in this state 状态")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[LeadOut]:
    """Evidence from rejected or doubtful deliveries and from recoveries, newest first."""
    items = [LeadOut.of(lead) for lead in await repository.page(session, subject_id, status, cursor_id(cursor), limit)]
    return Page(items=items, next=encode_cursor(str(items[-1].lead_id)) if len(items) == limit else None)


@router.post(
    "/{lead_id}/dismiss", summary="Close a lead without a case 关闭线索", responses=problems(NotFound, IllegalStep)
)
async def dismiss_lead(
    lead_id: UUID, body: Dismissal, session: Session, caller: Annotated[Caller, require("credit.records:write")]
) -> LeadOut:
    """The reason stays with the lead."""
    return LeadOut.of(await service.dismiss(session, caller, lead_id, body.reason))

"""Routes of statements 对账接口."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from services.visits.statements import service
from services.visits.statements.schemas import StatementOut
from shared.api import Session, bounded, router
from shared.auth import Caller, require
from shared.clock import Month, MonthText
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page

statements = router("/v1/statements", "statements 对账单")


@statements.get("", summary="Monthly totals per vendor 助餐机构月度对账")
@bounded(at_once=2)
async def list_statements(
    session: Session,
    _caller: Annotated[Caller, require("visits.statements:read")],
    month: Annotated[MonthText, Query(description="Month of service 服务月份", examples=["2026-10"])],
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[StatementOut]:
    """Deliveries and meals by status, for each vendor of the caller's districts; for a vendor its own."""
    return await service.page(session, Month.parse(month), cursor, limit)

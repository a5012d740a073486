"""Routes that every service offers to auditors: the log, and the proof that it is unbroken."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from shared import api, audit
from shared.api import Session, bounded
from shared.auth import Caller, require
from shared.errors import Forbidden
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, encode_cursor

router = api.router("/v1/audit", "audit 审计")


class AuditEntry(BaseModel):
    """One entry of the audit log 审计记录."""

    position: int = Field(description="Place in the chain 序号", examples=[1])
    at: datetime = Field(description="When 时间")
    region: str = Field(description="Region of the actor 操作人行政区划", examples=["321202000000"])
    client: str = Field(description="OAuth client 客户端", examples=["clerk-321202"])
    subject: str = Field(description="Person behind it 操作人")
    action: str = Field(examples=["senior.reveal"])
    target: str = Field(description="What it was done to 对象")
    purpose: str | None = Field(description="Purpose stated by the actor 用途")
    detail: dict[str, Any]
    hash: str = Field(description="SHA-256 over the entry before and this one 链式哈希")


class AuditVerification(BaseModel):
    """Whether the chain is whole 审计链校验结果."""

    unbroken: bool
    length: int
    head: str = Field(description="Hash of the last entry 链头哈希")
    broken_at: int | None = Field(description="First position that does not fit 首个断点")


@router.get("", summary="Read the audit log 查询审计日志")
async def list_audit_entries(
    session: Session,
    caller: Annotated[Caller, require("audit:read")],
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AuditEntry]:
    """Entries made in the caller's regions, oldest first."""
    after = int(decode_cursor(cursor, (int,))[0]) if cursor else 0
    found = await audit.entries(session, after, limit, _single_region(caller))
    items = [AuditEntry(**{**entry.__dict__, "hash": entry.hash.hex()}) for entry in found]
    return Page(items=items, next=encode_cursor(items[-1].position) if len(items) == limit else None)


@router.get("/verification", summary="Prove the audit log unbroken 校验审计链")
@bounded(at_once=1)
async def verify_audit(session: Session, _caller: Annotated[Caller, require("audit:read")]) -> AuditVerification:
    """Walks the whole chain of this service and compares it with its head."""
    return AuditVerification(**(await audit.verify(session)).__dict__)


def _single_region(caller: Caller) -> str:
    if len(caller.regions) != 1:
        raise Forbidden("The audit log is read for one region at a time.", "审计日志须按单一行政区划查询。")
    return caller.regions[0]

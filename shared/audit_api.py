"""Routes that every service offers to auditors: the log, and the proof that it is unbroken and was not cut."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from shared import api, audit, audit_anchor
from shared.api import ImpersonalRoute, Kernel, Session, bounded
from shared.auth import Caller, require
from shared.errors import Forbidden
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.regions import RegionShown

router = api.router("/v1/audit", "audit 审计")
proofs = api.router("/v1/audit", "audit 审计", ImpersonalRoute)
routers = (router, proofs)


class AuditEntry(BaseModel):
    """One entry of the audit log 审计记录."""

    position: int = Field(description="Place in the chain 序号", examples=[1])
    at: datetime = Field(description="When 时间")
    region: RegionShown = Field(
        description="Region of what was touched, otherwise of the actor 行政区划", examples=["321202000000"]
    )
    client: str = Field(description="OAuth client 客户端", examples=["clerk-321202"])
    subject: str = Field(description="Person behind it 操作人")
    action: str = Field(examples=["senior.reveal"])
    target: str = Field(description="What it was done to 对象")
    purpose: str | None = Field(description="Purpose stated by the actor 用途")
    detail: dict[str, Any]
    hash: str = Field(description="SHA-256 over the entry before and this one 链式哈希")


class AnchorOut(BaseModel):
    """What another service keeps of this log 异地检查点."""

    keeper: str = Field(description="The service that keeps checkpoints 保管方", examples=["credit"])
    compared: bool = Field(description="Whether it could be asked 是否已比对")
    checkpoints: int = Field(description="How many it has of this service 检查点数量")
    forged: int = Field(description="How many of them this service has not signed 伪造数量")
    last: int | None = Field(description="Last position that was told 最近检查点序号")
    last_at: datetime | None = Field(description="When that was 最近检查点时间")


class AuditVerification(BaseModel):
    """Whether the chain is whole 审计链校验结果."""

    unbroken: bool
    length: int
    head: str = Field(description="Hash of the last entry 链头哈希")
    broken_at: int | None = Field(
        description="First position that does not fit, by itself or with a checkpoint 首个断点"
    )
    waiting: int = Field(description="Entries that are written and not chained yet 待入链条数")
    anchored: int | None = Field(description="Last position that a checkpoint confirms 检查点确认至")
    anchor: AnchorOut


@router.get("", summary="Read the audit log 查询审计日志")
async def list_audit_entries(
    session: Session,
    kernel: Kernel,
    caller: Annotated[Caller, require("audit:read")],
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AuditEntry]:
    """Entries of the caller's regions, oldest first: who touched what, and who was refused."""
    await audit.seal(kernel.database)
    after = int(decode_cursor(cursor, (int,))[0]) if cursor else 0
    found = await audit.entries(session, after, limit, _single_region(caller))
    items = [AuditEntry(**{**entry.__dict__, "detail": entry.facts(), "hash": entry.hash.hex()}) for entry in found]
    return Page(items=items, next=encode_cursor(items[-1].position) if len(items) == limit else None)


@proofs.get("/verification", summary="Prove the audit log unbroken 校验审计链")
@bounded(at_once=1)
async def verify_audit(kernel: Kernel, _caller: Annotated[Caller, require("audit:read")]) -> AuditVerification:
    """Walks the whole chain of this service, and compares it with its head and with what another service keeps."""
    found, anchor = await audit_anchor.verified(kernel)
    return AuditVerification(**found.__dict__, anchor=AnchorOut.model_validate(anchor, from_attributes=True))


def _single_region(caller: Caller) -> str:
    if len(caller.regions) != 1:
        raise Forbidden("The audit log is read for one region at a time.", "审计日志须按单一行政区划查询。")
    return caller.regions[0]

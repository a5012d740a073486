"""Another service's checkpoints: kept as they come, and given out to whoever compares.

A service that keeps some has ``HANDLERS`` among its handlers, ``router`` among its routers, and the table
``audit_checkpoints``, from which it can take nothing away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.api import ImpersonalRoute, Session, bounded, router
from shared.auth import Caller, require
from shared.contracts.audit import OF, AuditCheckpointed
from shared.contracts.base import LISTENERS, Event, Handler, Received
from shared.paging import Page

MOST = 1000
SCOPE = "audit:checkpoints"
ServiceName = Literal["registry", "subsidy", "visits", "credit"]
routes = router("/v1/audit/checkpoints", "audit 审计", ImpersonalRoute)
_KEEP = text(
    "INSERT INTO audit_checkpoints (service, position, hash, at, signature)"
    " VALUES (:service, :position, :hash, :at, :signature) ON CONFLICT DO NOTHING"
)
_READ = text(
    "SELECT position, hash, at, signature FROM audit_checkpoints WHERE service = :service"
    " AND (position, hash, signature) > (:position, :hash, :signature)"
    " ORDER BY position, hash, signature LIMIT :limit"
)


class Checkpoint(BaseModel):
    """The head of a service's audit log, as it told it 审计链检查点."""

    position: int = Field(description="Of the last entry sealed then 序号", examples=[4711])
    hash: str = Field(description="Its hash 链式哈希")
    at: datetime = Field(description="When 时间")
    signature: str = Field(
        description="Made by the service with a key that no database holds 签名", examples=["5c" * 32]
    )


def keeper_of(service: str) -> str:
    """The service that keeps a service's checkpoints."""
    return LISTENERS[OF[service].TOPIC][0]


def handlers(keeper: str) -> dict[type[Event], Handler[Any]]:
    """What a keeper does with the checkpoints that it is told."""
    return {event: _keeping(service) for service, event in OF.items() if keeper_of(service) == keeper}


def _keeping(service: str) -> Handler[Any]:
    async def keep(session: AsyncSession, received: Sequence[Received[AuditCheckpointed]]) -> None:
        await session.execute(_KEEP, [{"service": service, **each.data.model_dump()} for each in received])

    return keep


@routes.get("", summary="Checkpoints of another service's audit log 审计链检查点")
@bounded(at_once=2)
async def list_checkpoints(
    session: Session,
    _caller: Annotated[Caller, require(SCOPE)],
    service: Annotated[ServiceName, Query(description="Whose 所属服务")],
    after: Annotated[str, Query(max_length=200, pattern=r"^[0-9]{1,18}\.[0-9a-f]{0,64}\.[0-9a-f]{0,32}$")] = "0..",
) -> Page[Checkpoint]:
    """As this service was told them, by position, a thousand a page; `next` is the next page's `after`."""
    position, digest, signature = after.split(".")
    values = {"service": service, "position": int(position), "hash": digest, "signature": signature, "limit": MOST}
    items = [Checkpoint(**row) for row in (await session.execute(_READ, values)).mappings()]
    last = items[-1] if len(items) == MOST else None
    return Page(items=items, next=f"{last.position}.{last.hash}.{last.signature}" if last else None)

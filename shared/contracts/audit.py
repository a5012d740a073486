"""How far a service's audit log is sealed: told once a minute to another service, which keeps it. Facts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from shared.contracts.base import Event

_EXAMPLE: dict[str, Any] = {
    "position": 4711,
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "at": "2026-10-01T01:30:00Z",
    "signature": "5f0c8a1e9b7d4c2f8e6a3b1d0c9f7e5a",
}


class AuditCheckpointed(Event):
    """The head of an audit log at a moment, signed by its service 审计链检查点."""

    position: int = Field(ge=1, description="Of the last entry that was sealed 序号")
    hash: str = Field(pattern="^[0-9a-f]{64}$", description="Its hash, SHA-256 链式哈希")
    at: datetime = Field(description="When this was the head 时间")
    signature: str = Field(
        pattern="^[0-9a-f]{32}$", description="Keyed hash of all that, which the database cannot make 签名"
    )

    def key(self) -> str:
        """The hash: no two checkpoints need an order."""
        return self.hash


class RegistryAuditCheckpointed(AuditCheckpointed):
    """How far the registry's audit log is sealed 登记服务审计链检查点."""

    TYPE = "cn.anxiang.registry.audit.checkpointed.v1"
    TOPIC = "registry.audit"
    EXAMPLE: ClassVar[dict[str, Any]] = _EXAMPLE


class SubsidyAuditCheckpointed(AuditCheckpointed):
    """How far subsidy's audit log is sealed 补贴服务审计链检查点."""

    TYPE = "cn.anxiang.subsidy.audit.checkpointed.v1"
    TOPIC = "subsidy.audit"
    EXAMPLE: ClassVar[dict[str, Any]] = _EXAMPLE


class VisitsAuditCheckpointed(AuditCheckpointed):
    """How far visits' audit log is sealed 核验服务审计链检查点."""

    TYPE = "cn.anxiang.visits.audit.checkpointed.v1"
    TOPIC = "visits.audit"
    EXAMPLE: ClassVar[dict[str, Any]] = _EXAMPLE


class CreditAuditCheckpointed(AuditCheckpointed):
    """How far credit's audit log is sealed 信用服务审计链检查点."""

    TYPE = "cn.anxiang.credit.audit.checkpointed.v1"
    TOPIC = "credit.audit"
    EXAMPLE: ClassVar[dict[str, Any]] = _EXAMPLE


OF: dict[str, type[AuditCheckpointed]] = {
    "registry": RegistryAuditCheckpointed,
    "subsidy": SubsidyAuditCheckpointed,
    "visits": VisitsAuditCheckpointed,
    "credit": CreditAuditCheckpointed,
}
"""The event of each service."""

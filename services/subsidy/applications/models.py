"""The table of applications."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Computed
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from services.subsidy.base import Base

Moment = DateTime(timezone=True)


class Application(Base):
    """An application 申请. ``ended_from`` is the first month without it; a withdrawn one never counted."""

    __tablename__ = "applications"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    region: Mapped[str]
    programme: Mapped[str]
    senior_id: Mapped[UUID | None]
    organization_id: Mapped[UUID | None]
    worker_ref: Mapped[str | None]
    worker_key: Mapped[str | None]
    subject: Mapped[str] = mapped_column(Computed("", persisted=True))
    first_month: Mapped[date]
    last_month: Mapped[date | None]
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    documents: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    channel: Mapped[str]
    note: Mapped[str | None]
    state: Mapped[str]
    submitted_by: Mapped[str]
    submitted_at: Mapped[datetime] = mapped_column(Moment)
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decision_reason: Mapped[str | None]
    ended_from: Mapped[date | None]
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    end_reason: Mapped[str | None]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawal_reason: Mapped[str | None]
    changed_at: Mapped[datetime] = mapped_column(Moment)

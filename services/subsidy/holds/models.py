"""The table of holds."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from services.subsidy.base import Base

Moment = DateTime(timezone=True)


class Hold(Base):
    """Payments to a subject are stopped by a person, for one programme or for all 暂停发放."""

    __tablename__ = "holds"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    region: Mapped[str]
    programme: Mapped[str | None]
    reason: Mapped[str]
    placed_by: Mapped[str]
    placed_at: Mapped[datetime] = mapped_column(Moment)
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[datetime | None] = mapped_column(Moment)
    lift_reason: Mapped[str | None]

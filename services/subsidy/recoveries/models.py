"""The recovery and its ledger."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from services.subsidy.base import Base

Moment = DateTime(timezone=True)


class Recovery(Base):
    """Money that was paid and not due 追缴."""

    __tablename__ = "recoveries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[UUID]
    corrects_line_id: Mapped[UUID]
    run_id: Mapped[UUID]
    region: Mapped[str]
    programme: Mapped[str]
    month: Mapped[date]
    beneficiary_kind: Mapped[str]
    beneficiary_id: Mapped[UUID]
    senior_id: Mapped[UUID | None]
    reason: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(Moment)


class RecoveryEntry(Base):
    """One entry of the ledger; never changed 追缴台账."""

    __tablename__ = "recovery_entries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recovery_id: Mapped[UUID] = mapped_column(ForeignKey("recoveries.id"))
    region: Mapped[str]
    kind: Mapped[str]
    amount_fen: Mapped[int]
    line_id: Mapped[UUID | None]
    document_no: Mapped[str | None]
    note: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(Moment)

"""The recovery, and what is asked to be entered against it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from services.subsidy.base import Base

Moment = DateTime(timezone=True)


class Recovery(Base):
    """A run took back what an earlier one had decided 追缴; what of it is owed the account tells."""

    __tablename__ = "recoveries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
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
    opened_fen: Mapped[int] = mapped_column(BigInteger)
    opened_at: Mapped[datetime] = mapped_column(Moment)


class RecoveryRequest(Base):
    """An entry that waits for a second person 待复核登记."""

    __tablename__ = "recovery_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recovery_id: Mapped[UUID] = mapped_column(ForeignKey("recoveries.id"))
    region: Mapped[str]
    kind: Mapped[str]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    line_id: Mapped[UUID | None]
    document_no: Mapped[str | None]
    note: Mapped[str | None]
    state: Mapped[str]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime] = mapped_column(Moment)
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decision_reason: Mapped[str | None]

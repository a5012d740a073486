"""Credit records."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from services.credit.base import Base


class Record(Base):
    """One fact of dishonesty with its document. ``ends_on`` is its last day in force."""

    __tablename__ = "records"

    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    region: Mapped[str]
    version: Mapped[int]
    subject_id: Mapped[UUID]
    subject_kind: Mapped[str]
    subject_name: Mapped[str]
    kind: Mapped[str]
    record_class: Mapped[str]
    facts: Mapped[str]
    legal_basis: Mapped[str]
    document_no: Mapped[str]
    issuer: Mapped[str]
    issued_on: Mapped[date]
    published: Mapped[bool]
    repair_from: Mapped[date | None]
    ends_on: Mapped[date | None]
    repaired_on: Mapped[date | None]
    repair_no: Mapped[str | None]
    commitment_no: Mapped[str | None]
    repaired_by: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())

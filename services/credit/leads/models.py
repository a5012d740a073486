"""Evidence that other services' facts leave behind."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.credit.base import Base


class Lead(Base):
    """One lead; a later decision on the same thing replaces an earlier one. ``sequence`` is that of the last doubt,
    below zero when none is known: nobody sees such a row. ``good`` is that of the last time it was found good."""

    __tablename__ = "leads"

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    region: Mapped[str]
    subject_id: Mapped[UUID]
    source: Mapped[str]
    source_id: Mapped[UUID]
    sequence: Mapped[int]
    good: Mapped[int] = mapped_column(server_default="-1")
    kind: Mapped[str]
    occurred_on: Mapped[date]
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str]
    entry_id: Mapped[UUID | None]
    closed_by: Mapped[str | None]
    closed_reason: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())

    @property
    def found_good(self) -> bool:
        """Whether the last word on it is that nothing was wrong."""
        return self.good >= self.sequence

"""The columns that every table of dated facts has; the owner's column is named by the table."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.facts.domain import Fact


class FactRow(Base):
    """One dated fact of an owner: a senior, an organisation or an admission."""

    __abstract__ = True

    fact_id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID]
    region: Mapped[str]
    kind: Mapped[str]
    value: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    recorded_by: Mapped[str]
    superseded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    def fact(self) -> Fact:
        """The row as the domain knows it."""
        return Fact(
            kind=self.kind,
            value=self.value,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            source=self.source,
            fact_id=self.fact_id,
            recorded_at=self.recorded_at,
            recorded_by=self.recorded_by,
            superseded_at=self.superseded_at,
        )

"""The table of change requests. Both values are encrypted; settled rows are the history."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base


class Change(Base):
    """One request to change an account or an identity."""

    __tablename__ = "changes"

    change_id: Mapped[UUID] = mapped_column(primary_key=True)
    region: Mapped[str]
    version: Mapped[int]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    topic: Mapped[str]
    state: Mapped[str]
    old_value: Mapped[bytes]
    new_value: Mapped[bytes]
    document_no: Mapped[str]
    reason: Mapped[str | None]
    requested_by: Mapped[str]
    requested_client: Mapped[str]
    requested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    settled_by: Mapped[str | None]
    settled_client: Mapped[str | None]
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    settled_reason: Mapped[str | None]

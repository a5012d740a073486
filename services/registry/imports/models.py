"""Imports, the blocks still to do, and what was rejected."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base


class Import(Base):
    """One file and how far it is. The database holds rows_read = rows_done + rows_rejected."""

    __tablename__ = "imports"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    region: Mapped[str]
    prefixes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    requested_by: Mapped[str]
    file_name: Mapped[str]
    file_hash: Mapped[bytes]
    encoding: Mapped[str]
    columns: Mapped[list[str]] = mapped_column(ARRAY(Text))
    source: Mapped[str]
    dry_run: Mapped[bool]
    status: Mapped[str]
    rows_total: Mapped[int]
    rows_read: Mapped[int]
    rows_done: Mapped[int]
    rows_rejected: Mapped[int]
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ImportBlock(Base):
    """Lines of the file, encrypted; taken away in the transaction that writes their rows."""

    __tablename__ = "import_blocks"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    first_line: Mapped[int] = mapped_column(primary_key=True)
    region: Mapped[str]
    content: Mapped[bytes]

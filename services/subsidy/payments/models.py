"""The tables of payments, as far as they are handled row by row."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from services.subsidy.base import Base

Moment = DateTime(timezone=True)


class Batch(Base):
    """A file of payments for the bank 支付批次."""

    __tablename__ = "payment_batches"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID]
    region: Mapped[str]
    month: Mapped[date]
    number: Mapped[int]
    state: Mapped[str]
    encoding: Mapped[str]
    rows: Mapped[int | None]
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    no_account: Mapped[int | None]
    held: Mapped[int | None]
    held_fen: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Moment)
    prepared_at: Mapped[datetime | None] = mapped_column(Moment)
    given_at: Mapped[datetime | None] = mapped_column(Moment)
    attempts: Mapped[int]
    error: Mapped[str | None]


class Item(Base):
    """One row of a batch 支付明细. The account is encrypted."""

    __tablename__ = "payment_items"

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[UUID]
    line_month: Mapped[date]
    region: Mapped[str]
    programme: Mapped[str]
    beneficiary_kind: Mapped[str]
    beneficiary_id: Mapped[UUID]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    remark: Mapped[str]
    account: Mapped[bytes | None]
    state: Mapped[str]
    code: Mapped[str | None]
    answered_on: Mapped[date | None]
    confirmed_by: Mapped[str | None]


class Return(Base):
    """A return file of the bank that was taken in 回盘文件."""

    __tablename__ = "payment_returns"

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(primary_key=True)
    region: Mapped[str]
    rows: Mapped[int]
    settled: Mapped[int]
    returned: Mapped[int]
    late: Mapped[int]
    contradictions: Mapped[int]
    received_by: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(Moment)

"""The tables of a run, as far as they are handled row by row. Lines and inputs are written set by set."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime, Text

from services.subsidy.base import Base
from services.subsidy.runs.area import Area
from shared.regions import prefix_of

Moment = DateTime(timezone=True)


class Run(Base):
    """A monthly run 月度发放批次."""

    __tablename__ = "runs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[date]
    region: Mapped[str]
    prefix: Mapped[str]
    number: Mapped[int]
    programmes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    state: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Moment)
    frozen_at: Mapped[datetime | None] = mapped_column(Moment)
    calculated_at: Mapped[datetime | None] = mapped_column(Moment)
    submitted_by: Mapped[str | None]
    submitted_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decision_reason: Mapped[str | None]
    attempts: Mapped[int]
    error: Mapped[str | None]

    @property
    def only_itself(self) -> bool:
        """Whether what lies below the region is left to other runs."""
        return self.prefix != prefix_of(self.region)


class RunScope(Base):
    """A programme in a month under one policy pack: frozen first, calculated later."""

    __tablename__ = "run_scopes"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    scope: Mapped[int] = mapped_column(primary_key=True)
    region: Mapped[str]
    regular: Mapped[bool]
    programme: Mapped[str]
    month: Mapped[date]
    pack_hash: Mapped[str]
    basis: Mapped[str | None]
    counties: Mapped[list[str]] = mapped_column(ARRAY(Text))
    area: Mapped[list[str]] = mapped_column(ARRAY(Text))
    frozen_at: Mapped[datetime] = mapped_column(Moment)
    rows: Mapped[int]
    input_hash: Mapped[str | None]
    calculated_at: Mapped[datetime | None] = mapped_column(Moment)
    inputs: Mapped[int | None]
    outside: Mapped[int | None]
    paid: Mapped[int | None]
    refused: Mapped[int | None]
    held: Mapped[int | None]
    amount_fen: Mapped[int | None]

    @property
    def whole(self) -> Area:
        """Where its lines may stand."""
        return Area(tuple(self.counties), tuple(self.area))


class Line(Base):
    """What one run decided for one subject 发放明细. ``month`` is the month of the entitlement."""

    __tablename__ = "lines"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID]
    scope: Mapped[int]
    month: Mapped[date] = mapped_column(primary_key=True)
    region: Mapped[str]
    programme: Mapped[str]
    beneficiary_kind: Mapped[str]
    beneficiary_id: Mapped[UUID]
    senior_id: Mapped[UUID | None]
    application_id: Mapped[UUID | None]
    sequence: Mapped[int]
    kind: Mapped[str]
    amount_fen: Mapped[int]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    pack_hash: Mapped[str]
    corrects_line_id: Mapped[UUID | None]
    stacking: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    void: Mapped[bool]

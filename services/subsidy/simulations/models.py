"""The tables of a simulation that are handled row by row. Figures and reasons are written set by set."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime, Text

from services.subsidy.base import Base

Moment = DateTime(timezone=True)


class Simulation(Base):
    """A question and how far its answer is 测算."""

    __tablename__ = "simulations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    region: Mapped[str]
    request: Mapped[dict[str, Any]] = mapped_column(JSONB)
    limits: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    state: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Moment)
    planned_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    attempts: Mapped[int]
    error: Mapped[str | None]


class SimulationPack(Base):
    """A law of a simulation, as it was when it was planned."""

    __tablename__ = "simulation_packs"

    simulation_id: Mapped[UUID] = mapped_column(ForeignKey("simulations.id"), primary_key=True)
    hash: Mapped[str] = mapped_column(primary_key=True)
    region: Mapped[str]
    content: Mapped[str]


class Part(Base):
    """A programme in a month for the counties under one pack; ``None`` for a hash: no law on that side."""

    __tablename__ = "simulation_parts"

    simulation_id: Mapped[UUID] = mapped_column(ForeignKey("simulations.id"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    region: Mapped[str]
    programme: Mapped[str]
    month: Mapped[date]
    counties: Mapped[list[str]] = mapped_column(ARRAY(Text))
    prefix: Mapped[str]
    today_hash: Mapped[str | None]
    changed_hash: Mapped[str | None]
    today_outcome: Mapped[str | None]
    today_reason: Mapped[str | None]
    changed_outcome: Mapped[str | None]
    changed_reason: Mapped[str | None]
    rows: Mapped[int | None]
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)

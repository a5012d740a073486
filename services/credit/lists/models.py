"""Entries on a list and the steps that made them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.credit.base import Base


class ListEntry(Base):
    """One subject's case, from the proposal to its end. ``until`` is the last day of effect, ``panel_from`` the first
    day after the hearing. People are named by their subject at the issuer."""

    __tablename__ = "list_entries"

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    region: Mapped[str]
    version: Mapped[int]
    state: Mapped[str]
    subject_id: Mapped[UUID]
    subject_kind: Mapped[str]
    subject_name: Mapped[str]
    list_kind: Mapped[str]
    legal_basis: Mapped[str]
    ground: Mapped[str]
    document_no: Mapped[str]
    facts: Mapped[str]
    proposed_by: Mapped[str]
    noticed_on: Mapped[date | None]
    statement_until: Mapped[date | None]
    panel_from: Mapped[date | None]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    decision_no: Mapped[str | None]
    served_on: Mapped[date | None]
    listed_on: Mapped[date | None]
    until: Mapped[date | None]
    repair_from: Mapped[date | None]
    effects: Mapped[list[str]] = mapped_column(ARRAY(Text))
    delisted_on: Mapped[date | None]
    delisted_reason: Mapped[str | None]
    end_asked_by: Mapped[str | None]
    ended_by: Mapped[str | None]


class ListStep(Base):
    """One step: who, when, by which document, and by when the next one is due. Never changed."""

    __tablename__ = "list_steps"

    step_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID]
    region: Mapped[str]
    step: Mapped[str]
    done_on: Mapped[date]
    done_by: Mapped[str]
    client: Mapped[str]
    document_no: Mapped[str]
    next_due_on: Mapped[date | None]
    next_due_provisional: Mapped[bool]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())

"""Assessments on file; never edited, a correction supersedes."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base


class AssessmentRow(Base):
    """One assessment with its answers, its two levels and why they differ."""

    __tablename__ = "assessments"

    assessment_id: Mapped[UUID] = mapped_column(primary_key=True)
    senior_id: Mapped[UUID]
    region: Mapped[str]
    scale: Mapped[str]
    organization_id: Mapped[UUID]
    assessors: Mapped[list[str]] = mapped_column(ARRAY(Text))
    occasion: Mapped[str]
    assessed_on: Mapped[date]
    scores: Mapped[dict[str, int]] = mapped_column(JSONB)
    findings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    total: Mapped[int]
    initial_level: Mapped[int]
    final_level: Mapped[int]
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    recorded_by: Mapped[str]
    superseded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

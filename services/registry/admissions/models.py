"""Stays of seniors in institutions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.facts.models import FactRow


class Admission(Base):
    """One stay. The region is the institution's; `discharged_on` is the last day."""

    __tablename__ = "admissions"

    admission_id: Mapped[UUID] = mapped_column(primary_key=True)
    senior_id: Mapped[UUID]
    institution_id: Mapped[UUID]
    region: Mapped[str]
    version: Mapped[int]
    admitted_on: Mapped[date]
    discharged_on: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class AdmissionFact(FactRow):
    """A care level with its days."""

    __tablename__ = "admission_facts"

    owner_id: Mapped[UUID] = mapped_column("admission_id")

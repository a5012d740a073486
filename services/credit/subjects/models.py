"""Organisations and persons as the registry tells of them: read models."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.credit.base import Base


class SubjectRow(Base):
    """An organisation that credit information can be about."""

    __tablename__ = "subjects"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    region: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    social_credit_code: Mapped[str]
    status: Mapped[str]


class PersonRow(Base):
    """A person that credit information can be about: who is on the register, and where."""

    __tablename__ = "persons"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    region: Mapped[str]

"""Ids and their kinds, seen from every region."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base


class SubjectId(Base):
    """An id in use. A trigger of every table with such ids writes it too, so that no registration goes past it."""

    __tablename__ = "subject_ids"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]


class SubjectCollision(Base):
    """An id that had several kinds before ids were held apart; a row for each."""

    __tablename__ = "subject_collisions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)

"""Whom credit speaks about."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Subject:
    """Whom an entry or a record is about; ``name`` is masked for a person."""

    subject_id: UUID
    kind: str
    name: str
    region: str

"""The terms 核验条件 that a rule goes by, as the rulebook gives them for a region and a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.visits.deliveries.domain import Status

OTHER = "other"
"""The slot of a moment outside all meals."""


@dataclass(frozen=True)
class Area:
    """A circle around a place in WGS 84."""

    latitude: float
    longitude: float
    radius_km: float


@dataclass(frozen=True)
class Terms:
    """What verification goes by in one region on one day."""

    clock_skew: timedelta
    late_upload: timedelta
    late_entry: timedelta
    accuracy_metres: float
    same_place_metres: float
    service_area: Area | None
    most_meals: int
    slots: tuple[str, ...]  # name of the slot for each minute of the day; OTHER outside all of them
    effects: Mapping[str, Status]

    def slot_of(self, local: datetime) -> str:
        """The meal slot of a local moment."""
        return self.slots[local.hour * 60 + local.minute]

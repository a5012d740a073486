"""The terms 核验条件 that a rule goes by, as the rulebook gives them for a region and a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.visits.records.domain import Status
from services.visits.verification.geo import Place

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
    believed_metres: float
    same_place_metres: float
    metres_per_second: float
    hurry: timedelta
    service_area: Area | None
    most_meals: int
    slots: tuple[str, ...]  # name of the slot for each minute of the day; OTHER outside all of them
    effects: Mapping[str, Status]

    def uncertainty(self, accuracy: float | None) -> float:
        """Metres by which a place may be off. Where a device tells none, or what stands for none (zero, less, or more
        than anything that finds a place is off by), the worst that the rules let pass."""
        known = accuracy is not None and 0 < accuracy <= self.believed_metres
        return accuracy if accuracy is not None and known else self.accuracy_metres

    def metres(self, one: Place, other: Place) -> float:
        """The least distance that the uncertainty of both leaves; below zero when they may be one place."""
        return one.metres_to(other) - self.uncertainty(one.accuracy_m) - self.uncertainty(other.accuracy_m)

    def slot_of(self, local: datetime) -> str:
        """The meal slot of a local moment."""
        return self.slots[local.hour * 60 + local.minute]

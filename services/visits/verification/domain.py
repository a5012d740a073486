"""What a rule looks at: one delivery with the facts of its senior, its vendor and its neighbours."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from services.visits.deliveries.domain import Delivery
from services.visits.verification.geo import metres_between, to_wgs84
from services.visits.verification.rulebook import Terms


class Senior(NamedTuple):
    """A senior as the registry last said. ``stays``: first and last day in institutions."""

    region: str
    status: str
    died_on: date | None
    stays: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """A vendor in one region on one day."""

    is_closed: bool
    has_contract: bool
    is_listed: bool


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor: contracts as (region prefix, first day, last day), listings that end subsidies as (first, last day)."""

    status: str
    contracts: tuple[tuple[str, date, date], ...]
    listings: tuple[tuple[date, date], ...]

    @classmethod
    @lru_cache(maxsize=1024)
    def read(cls, status: str, contracts: str, listings: tuple[tuple[date, date], ...]) -> Vendor:
        """Contracts from the read model's JSON: [[prefix, first, last or null], …]."""
        spans = [(prefix, *_span(first, last)) for prefix, first, last in json.loads(contracts)]
        return cls(status, tuple(spans), listings)

    def standing(self, region: str, day: date) -> Standing:
        """How it stands in a region on a day."""
        return Standing(self.status == "closed", self.has_contract(region, day), self.is_listed(day))

    def has_contract(self, region: str, day: date) -> bool:
        """Whether a meal contract covers the region on the day."""
        return any(region.startswith(prefix) and first <= day <= last for prefix, first, last in self.contracts)

    def is_listed(self, day: date) -> bool:
        """Whether a list ends its subsidies on the day."""
        return any(first <= day <= last for first, last in self.listings)


def _span(first: str, last: str | None) -> tuple[date, date]:
    return date.fromisoformat(first), date.fromisoformat(last) if last else date.max


class Place(NamedTuple):
    """Degrees in the datum that the device gave, metres of uncertainty."""

    latitude: float
    longitude: float
    datum: str
    accuracy_m: float

    def metres_to(self, other: Place) -> float:
        """The least distance that the uncertainty of both leaves; below zero when they may be one place."""
        if self[:3] == other[:3]:
            return 0.0
        here = to_wgs84(self.latitude, self.longitude, self.datum)
        there = to_wgs84(other.latitude, other.longitude, other.datum)
        return metres_between(here, there) - self.accuracy_m - other.accuracy_m


Sitting = tuple[int, date, str]
"""A senior's meal of a day: what two vendors must not both bring."""
Shift = tuple[str, int]
"""A courier's clock hour, so that only those are searched in which a delivery lies."""


@dataclass(slots=True)
class Meal:
    """A delivery that counts or may count, as far as others are compared with it."""

    delivery_id: UUID
    vendor_id: UUID
    senior_id: UUID
    service_date: date
    slot: str
    worker_ref: str
    started_at: datetime
    ended_at: datetime
    place: Place | None
    sitting: Sitting = field(init=False)
    shifts: list[Shift] = field(init=False)

    def __post_init__(self) -> None:
        self.sitting = self.senior_id.int, self.service_date, self.slot
        first = self.started_at.toordinal() * 24 + self.started_at.hour
        last = self.ended_at.toordinal() * 24 + self.ended_at.hour
        self.shifts = [(self.worker_ref, hour) for hour in range(first, last + 1)]


@dataclass(slots=True)
class Case:
    """One delivery on the table."""

    delivery: Delivery
    meal: Meal
    senior: Senior
    standing: Standing
    terms: Terms
    received_at: datetime
    same_slot: frozenset[UUID]  # vendors of other deliveries of this meal to this senior
    elsewhere: bool  # the courier overlaps with another place
    corrects_unverified: bool

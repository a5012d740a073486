"""What a rule looks at: one delivery with the facts of its senior, its vendor and its neighbours."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from services.visits.records.domain import Delivery
from services.visits.verification.geo import Place
from services.visits.verification.terms import Terms

Home = tuple[str, date, date]
"""A household register: region, first and last day."""
Span = tuple[date, date]


class Senior(NamedTuple):
    """A senior as the registry last said. ``homes``: household registers with their days, None where one region is all
    there is to say; ``stays``: first and last day in institutions."""

    region: str
    homes: tuple[Home, ...] | None
    died_on: date | None
    stays: tuple[Span, ...] = ()

    def region_on(self, day: date) -> str:
        """Whose senior it was on a day: before the first home its region, after one that ended still that."""
        if not self.homes:
            return self.region
        begun = [home for home in self.homes if home[1] <= day]
        return max(begun, key=lambda home: home[1])[0] if begun else min(self.homes, key=lambda home: home[1])[0]

    def is_away(self, day: date) -> bool:
        """Whether the senior had left by then and not come back: the last day here still counts."""
        if self.homes is None:
            return False
        here = any(first <= day <= last for _, first, last in self.homes)
        return not here and (not self.homes or any(last < day for _, _, last in self.homes))

    def is_dead(self, day: date) -> bool:
        """After the day of death."""
        return self.died_on is not None and self.died_on < day

    def is_resident(self, day: date) -> bool:
        """Inside a stay, its first and last day left out."""
        return any(first < day < last for first, last in self.stays)


@lru_cache(maxsize=1024)
def homes_of(text: str | None) -> tuple[Home, ...] | None:
    """Homes from the read model's JSON: [[region, first, last or null], …]."""
    return None if text is None else tuple((region, *_span(first, last)) for region, first, last in json.loads(text))


@dataclass(frozen=True, slots=True)
class Standing:
    """A vendor in one region on one day."""

    is_closed: bool
    has_contract: bool
    is_listed: bool


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor: the day on which it closed, contracts as (region prefix, first day, last day), listings that end
    subsidies as (first, last day)."""

    closed_on: date | None
    contracts: tuple[tuple[str, date, date], ...]
    listings: tuple[Span, ...]

    @classmethod
    @lru_cache(maxsize=1024)
    def read(cls, closed_on: date | None, contracts: str, listings: tuple[Span, ...]) -> Vendor:
        """Contracts from the read model's JSON: [[prefix, first, last or null], …]."""
        spans = [(prefix, *_span(first, last)) for prefix, first, last in json.loads(contracts)]
        return cls(closed_on, tuple(spans), listings)

    def standing(self, region: str, day: date) -> Standing:
        """How it stands in a region on a day."""
        return Standing(self.is_closed(day), self.has_contract(region, day), self.is_listed(day))

    def is_closed(self, day: date) -> bool:
        """Whether it had closed before that day."""
        return self.closed_on is not None and self.closed_on < day

    def has_contract(self, region: str, day: date) -> bool:
        """Whether a meal contract covers the region on the day."""
        return any(region.startswith(prefix) for prefix in self.prefixes(day))

    def prefixes(self, day: date) -> frozenset[str]:
        """The regions that contracts cover on a day."""
        return frozenset([prefix for prefix, first, last in self.contracts if first <= day <= last])

    def is_listed(self, day: date) -> bool:
        """Whether a list ends its subsidies on the day."""
        return any(first <= day <= last for first, last in self.listings)


def _span(first: str, last: str | None) -> Span:
    return date.fromisoformat(first), date.fromisoformat(last) if last else date.max


Sitting = tuple[int, date, str]
"""A senior's meal of a day: what two vendors must not both bring."""
Shift = tuple[int, str, int]
"""A vendor's courier's clock hour, so that only those are searched in which a delivery lies."""


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
        first, last = _hour(self.started_at), _hour(self.ended_at)
        self.shifts = [(self.vendor_id.int, self.worker_ref, first)] if first == last else self._hours(first, last)

    def shifts_around(self, reach: timedelta) -> list[Shift]:
        """The hours in which something lies that is at most so far away in time."""
        minutes = -(-reach // _MINUTE)
        began, ended = self.started_at, self.ended_at
        if began.minute >= minutes and ended.minute + minutes < _MINUTES:
            return self.shifts
        return self._hours(_hour(began - reach), _hour(ended + reach))

    def _hours(self, first: int, last: int) -> list[Shift]:
        vendor, worker = self.vendor_id.int, self.worker_ref
        return [(vendor, worker, hour) for hour in range(first, last + 1)]


_MINUTE, _MINUTES = timedelta(minutes=1), 60


def _hour(moment: datetime) -> int:
    """Hours since the first day of the calendar."""
    return moment.toordinal() * 24 + moment.hour


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
    elsewhere: bool  # the courier was at another place, too far away for that time
    corrects_unverified: bool

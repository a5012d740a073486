"""Deliveries side by side: the same meal brought twice, the same courier in two places 重复送餐与人员冲突."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from services.visits.verification.domain import Meal, Shift, Sitting
from services.visits.verification.geo import Place
from services.visits.verification.terms import Terms

NOBODY: frozenset[UUID] = frozenset()


class Neighbourhood:
    """Meals to compare deliveries with: those in the database and those of the batch so far. A delivery is never its
    own neighbour, and leaves its former place when a correction moves it."""

    def __init__(self, meals: Iterable[Meal] = ()) -> None:
        self._slots: defaultdict[Sitting, list[Meal]] = defaultdict(list)
        self._shifts: defaultdict[Shift, list[Meal]] = defaultdict(list)
        self._latest: dict[Shift, datetime] = {}  # when the last of a shift was handed over, at the latest
        for meal in {meal.delivery_id: meal for meal in meals}.values():
            self.put(meal)

    def put(self, meal: Meal) -> None:
        """Let a meal count for those that come after it."""
        self._slots[meal.sitting].append(meal)
        latest = self._latest
        for shift in meal.shifts:
            self._shifts[shift].append(meal)
            if latest.setdefault(shift, meal.ended_at) < meal.ended_at:
                latest[shift] = meal.ended_at

    def remove(self, meal: Meal) -> None:
        """Forget a delivery's former version."""
        for same in (self._slots[meal.sitting], *(self._shifts[shift] for shift in meal.shifts)):
            same[:] = [other for other in same if other.delivery_id != meal.delivery_id]

    def same_slot(self, meal: Meal) -> frozenset[UUID]:
        """Vendors of other deliveries of the same meal to the same senior."""
        found = self._slots.get(meal.sitting)
        if not found:
            return NOBODY
        return frozenset(other.vendor_id for other in found if other.delivery_id != meal.delivery_id)

    def elsewhere(self, meal: Meal, terms: Terms) -> bool:
        """Whether the courier has another delivery that nobody can have brought besides: one that overlaps at another
        place, or one handed over so soon before or after that there was no time for the way."""
        latest = self._latest
        if not latest:
            return False
        began, hurried = meal.started_at, meal.ended_at - terms.hurry
        over = began if began < hurried else hurried  # what was handed over by then is neither beside it nor hurried
        for shift in meal.shifts_around(terms.hurry):
            last = latest.get(shift)
            if last is not None and last > over and any(_clash(o, meal, terms) for o in self._shifts[shift]):
                return True
        return False


def _clash(other: Meal, meal: Meal, terms: Terms) -> bool:
    if other.delivery_id == meal.delivery_id:
        return False
    if other.started_at < meal.ended_at and meal.started_at < other.ended_at:
        return not _is_near(other.place, meal.place, terms)
    return abs(other.ended_at - meal.ended_at) < terms.hurry and _is_too_far(other, meal, terms)


def _is_near(one: Place | None, other: Place | None, terms: Terms) -> bool:
    return one is not None and other is not None and terms.metres(one, other) <= terms.same_place_metres


def _is_too_far(one: Meal, other: Meal, terms: Terms) -> bool:
    """Whether nobody gets from one to the other in the time between. Two moments that are one leave no time at all."""
    if one.place is None or other.place is None:
        return False
    seconds = abs((one.ended_at - other.ended_at).total_seconds())
    return terms.metres(one.place, other.place) > terms.same_place_metres + seconds * terms.metres_per_second

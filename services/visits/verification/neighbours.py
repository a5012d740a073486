"""Deliveries side by side: the same meal brought twice, the same courier in two places 重复送餐与人员冲突."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from services.visits.verification.domain import Meal
from services.visits.verification.geo import metres_between

HOUR = 3600
_Slot = tuple[UUID, date, str]
_Shift = tuple[UUID, str, int]


class Neighbourhood:
    """Meals to compare with: those in the database and those of the batch so far. A delivery is never its own
    neighbour, and leaves its former place when a correction moves it."""

    def __init__(self, meals: Iterable[Meal]) -> None:
        self._slots: defaultdict[_Slot, dict[UUID, Meal]] = defaultdict(dict)
        self._shifts: defaultdict[_Shift, dict[UUID, Meal]] = defaultdict(dict)
        self._meals: dict[UUID, Meal] = {}
        for meal in meals:
            self.put(meal)

    def put(self, meal: Meal) -> None:
        """Let a meal count for those that come after it, in place of its delivery's former version."""
        self.remove(meal.delivery_id)
        self._meals[meal.delivery_id] = meal
        self._slots[_slot(meal)][meal.delivery_id] = meal
        for shift in _shifts(meal):
            self._shifts[shift][meal.delivery_id] = meal

    def remove(self, delivery_id: UUID) -> None:
        """Forget a delivery."""
        former = self._meals.pop(delivery_id, None)
        if former is not None:
            self._slots[_slot(former)].pop(delivery_id)
            for shift in _shifts(former):
                self._shifts[shift].pop(delivery_id)

    def same_slot(self, meal: Meal) -> frozenset[UUID]:
        """Vendors of other deliveries of the same meal to the same senior."""
        found = self._slots.get(_slot(meal))
        if not found:
            return frozenset()
        return frozenset(other.vendor_id for other in found.values() if other.delivery_id != meal.delivery_id)

    def elsewhere(self, meal: Meal, same_place_metres: float) -> bool:
        """Whether the courier has an overlapping delivery that is not at the same place."""
        for shift in _shifts(meal):
            for other in self._shifts.get(shift, {}).values():
                overlaps = other.started_at < meal.ended_at and meal.started_at < other.ended_at
                if overlaps and other.delivery_id != meal.delivery_id and not _near(other, meal, same_place_metres):
                    return True
        return False


def _slot(meal: Meal) -> _Slot:
    return meal.senior_id, meal.service_date, meal.slot


def _shifts(meal: Meal) -> list[_Shift]:
    """The clock hours that a delivery touches, so that only those are searched."""
    first, last = int(meal.started_at.timestamp()) // HOUR, int(meal.ended_at.timestamp()) // HOUR
    return [(meal.vendor_id, meal.worker_ref, hour) for hour in range(first, last + 1)]


def _near(one: Meal, other: Meal, same_place_metres: float) -> bool:
    if one.place is None or other.place is None:
        return False
    distance = metres_between(one.place, other.place) if one.place != other.place else 0
    return distance - one.accuracy_m - other.accuracy_m <= same_place_metres

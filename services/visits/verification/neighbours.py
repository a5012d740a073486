"""Deliveries side by side: the same meal brought twice, the same courier in two places 重复送餐与人员冲突."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from services.visits.verification.domain import Meal, Shift, Sitting

NOBODY: frozenset[UUID] = frozenset()


class Neighbourhood:
    """Meals to compare deliveries with: those in the database and those of the batch so far. A delivery is never its
    own neighbour, and leaves its former place when a correction moves it."""

    def __init__(self, meals: Iterable[Meal] = ()) -> None:
        self._slots: defaultdict[Sitting, list[Meal]] = defaultdict(list)
        self._shifts: defaultdict[Shift, list[Meal]] = defaultdict(list)
        for meal in {meal.delivery_id: meal for meal in meals}.values():
            self.put(meal)

    def put(self, meal: Meal) -> None:
        """Let a meal count for those that come after it."""
        self._slots[meal.sitting].append(meal)
        for shift in meal.shifts:
            self._shifts[shift].append(meal)

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

    def elsewhere(self, meal: Meal, same_place_metres: float) -> bool:
        """Whether the courier has an overlapping delivery that is not at the same place."""
        began, ended = meal.started_at, meal.ended_at
        for shift in meal.shifts:
            for other in self._shifts.get(shift, ()):
                if (
                    other.started_at < ended
                    and began < other.ended_at
                    and other.delivery_id != meal.delivery_id
                    and not _near(other, meal, same_place_metres)
                ):
                    return True
        return False


def _near(one: Meal, other: Meal, same_place_metres: float) -> bool:
    if one.place is None or other.place is None:
        return False
    return one.place.metres_to(other.place) <= same_place_metres

"""The life of a simulation 测算, its figures, and its budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import pairwise

from shared.clock import Month

MOST_MONTHS = 24
DECADES = (60, 70, 80, 90, 100)
"""Where age groups begin when the programme itself has no scale."""


class SimulationState(StrEnum):
    """Where a simulation stands 测算状态."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = frozenset({SimulationState.QUEUED, SimulationState.RUNNING})
"""The job still has to do with it."""


@dataclass(frozen=True)
class Figures:
    """People and fen, today and as changed.

    Whoever is paid on either side is in one of five groups: gaining 增加, losing 减少 and unchanged 不变 are paid on
    both sides, newly 新增 only as changed, no_longer 不再 only today.
    """

    today_fen: int = 0
    changed_fen: int = 0
    paid_today: int = 0
    paid_changed: int = 0
    gaining: int = 0
    gaining_fen: int = 0
    losing: int = 0
    losing_fen: int = 0
    unchanged: int = 0
    newly: int = 0
    newly_fen: int = 0
    no_longer: int = 0
    no_longer_fen: int = 0

    @property
    def difference_fen(self) -> int:
        """What the change costs; negative when it saves."""
        return self.changed_fen - self.today_fen

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, name) + getattr(other, name) for name in NAMES))


NAMES = tuple(field.name for field in fields(Figures))
"""What is counted, in order."""


def total(figures: Iterable[Figures]) -> Figures:
    """The sum of all of them."""
    return sum(figures, Figures())


def months(first: Month, last: Month) -> list[Month]:
    """Every month of a range, both ends included."""
    found = [first]
    while found[-1] < last:
        found.append(found[-1].next())
    return found


def age_groups(starts: Iterable[int]) -> list[tuple[int, int | None]]:
    """Groups that begin where a scale does, from birth on; the last one has no end."""
    begins = sorted({0, *starts})
    return [(one, after - 1) for one, after in pairwise(begins)] + [(begins[-1], None)]


@dataclass(frozen=True)
class Overrun:
    """A cost beside its ceiling; ``over_fen`` is zero when it is kept."""

    month: Month | None
    cost_fen: int
    over_fen: int


def overruns(costs: Mapping[Month, int], ceiling_fen: int, *, monthly: bool) -> list[Overrun]:
    """What each month, or all of them together, cost beyond a budget."""
    held = dict(costs) if monthly else {None: sum(costs.values())}
    return [Overrun(month, cost, max(0, cost - ceiling_fen)) for month, cost in held.items()]

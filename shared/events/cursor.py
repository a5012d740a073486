"""How far the relay is, exactly, with one small number instead of a mark on every row.

Positions come from a sequence, so they are taken in order but become visible in the order of commits: a position
below the cursor that is not there is a *gap*. Its transaction is still open, or was rolled back. A gap is published
as soon as it appears, and forgotten as soon as every transaction that could fill it has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Gap:
    """Positions ``first`` up to and including ``last``. ``horizon``: above every transaction that could fill it."""

    first: int
    last: int
    horizon: int


@dataclass(frozen=True)
class Cursor:
    """Everything up to ``position`` is published, except the gaps."""

    position: int = 0
    gaps: tuple[Gap, ...] = field(default=())

    def passed(self, positions: Sequence[int], horizon: int) -> Cursor:
        """The cursor after these visible positions (ascending) were published; new gaps get this horizon."""
        below = [p for p in positions if p <= self.position]
        above = [p for p in positions if p > self.position]
        gaps = [left for gap in self.gaps for left in _without(gap, below)]
        before = self.position
        for position in above:
            if position > before + 1:
                gaps.append(Gap(before + 1, position - 1, horizon))
            before = position
        return Cursor(before, tuple(gaps))

    def settled(self, oldest_running: int) -> Cursor:
        """Without the gaps that nobody can fill any more. ``oldest_running``: the oldest transaction still open.

        Only right when the gaps were looked up *after* ``oldest_running`` was read.
        """
        return Cursor(self.position, tuple(gap for gap in self.gaps if gap.horizon > oldest_running))

    def multirange(self) -> str:
        """The gaps as PostgreSQL writes an int8multirange."""
        return "{" + ",".join(f"[{gap.first},{gap.last}]" for gap in self.gaps) + "}"


def _without(gap: Gap, positions: Iterable[int]) -> list[Gap]:
    """What is left of a gap after some of its positions appeared."""
    left, first = [], gap.first
    for position in positions:
        if gap.first <= position <= gap.last:
            if position > first:
                left.append(Gap(first, position - 1, gap.horizon))
            first = position + 1
    if first <= gap.last:
        left.append(Gap(first, gap.last, gap.horizon))
    return left

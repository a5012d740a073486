"""Which lines a run may hold 批次管辖: one rule, for SQL and for frames.

A line stands in a place: where the household lay (age benefits, meals), where the institution lies (stays), or where
the application was entered. A run may hold it if the place lies in one of its prefixes and in a county whose pack it
goes by.
Of an earlier month, whoever paid for it goes on to correct it; while nobody has paid, whoever the place belongs to now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

COUNTY = 6
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
"""A moment before every fact: look at all of them again."""


@dataclass(frozen=True)
class Area:
    """Prefixes, and the counties within them that one pack holds for."""

    counties: tuple[str, ...]
    prefixes: tuple[str, ...]


def lies(region: str) -> str:
    """SQL: whether a place lies in ``:counties`` and ``:area``. The database says the same of every line it keeps."""
    return f"may_hold({region}, :counties, :area)"


def holds(column: str, area: Area) -> pl.Expr:
    """The same for a column of a frame; nowhere is not in the area."""
    place = pl.col(column).str
    within = pl.any_horizontal(pl.lit(value=False), *(place.starts_with(prefix) for prefix in area.prefixes))
    return (place.slice(0, COUNTY).is_in(list(area.counties)) & within).fill_null(value=False)


@dataclass(frozen=True)
class Look:
    """When one prefix was last looked at and decided, on which law; whether an undecided run looks at it now."""

    prefix: str
    frozen_at: datetime | None
    basis: str | None
    undecided: bool


def pieces(prefix: str, looks: Sequence[Look]) -> dict[str, Look]:
    """The parts of a region for which a month was decided, each with its newest look; none that is looked at now.

    Where nobody decided, a first run is still to come: a look back pays nobody there. What was looked at as a part of
    something larger counts as looked at.
    """
    decided = [one for one in looks if one.frozen_at is not None]
    over = any(prefix.startswith(one.prefix) for one in decided)
    below = {one.prefix for one in decided if one.prefix.startswith(prefix)}
    found = {prefix} if over else {one for one in below if not any(one != up and one.startswith(up) for up in below)}
    busy = [one.prefix for one in looks if one.undecided]
    return {
        piece: max((one for one in decided if piece.startswith(one.prefix)), key=lambda one: one.frozen_at or LONG_AGO)
        for piece in sorted(found)
        if not any(piece.startswith(other) or other.startswith(piece) for other in busy)
    }

"""Families of units 单位: what a formula or a test can count in, written as a unit with a gap.

``CNY/…/month`` is money per anything and month. What fills the gap is one thing for all slots of a formula: an amount
per meal has caps in meals.
"""

from __future__ import annotations

from collections.abc import Iterable

GAP = "…"
"""Stands for the one thing that is counted: a person, a meal, an item."""
_NOT_COUNTED = frozenset({"CNY", "month", "year"})
"""Money and the periods of payment: no unit is per one of these and nothing else."""


def counted(unit: str, family: str) -> str | None:
    """What fills the gap of a family, empty where it has none; None when the unit is of another family."""
    words, wanted = unit.split("/"), family.split("/")
    if len(words) != len(wanted):
        return None
    filled = ""
    for word, asked in zip(words, wanted, strict=True):
        if asked == GAP and word not in _NOT_COUNTED:
            filled = word
        elif word != asked:
            return None
    return filled


def closed(family: str, fed: Iterable[tuple[str, str]]) -> str:
    """The family with its gap closed by the first thing that these pairs of unit and family count."""
    things = (counted(unit, of) for unit, of in fed if GAP in of)
    return family.replace(GAP, next((thing for thing in things if thing), GAP))


def fits(unit: str, family: str) -> bool:
    """Whether a unit is of a family."""
    return counted(unit, family) is not None

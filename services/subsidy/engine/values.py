"""Values in force on a day, and their exact integer form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.subsidy.engine.model import Dated, Document, Parameter, Source

FIELD_OF_KIND = {
    "scalar": "value",
    "bands": "bands",
    "table": "table",
    "choice": "choice",
    "members": "members",
    "date": "day",
    "mapping": "mapping",
}
"""Which key of a dated value holds it, by kind of parameter."""
LIMITED = {"floor": ("scalar", "bands", "table", "members"), "ceiling": ("scalar", "bands", "table")}
"""The kinds that can have a floor or a ceiling: those made of numbers, and lists to which somebody may add."""


SHARE = "%"
"""The unit of a part of a whole, which is never more than all of it; a rate that may be more is in ``percent``."""
SPLIT = "funding_source"
"""The column whose keys are those who bear one whole together."""


def is_money(unit: str) -> bool:
    """Whether a unit is an amount of money per something."""
    return unit.startswith("CNY/")


def is_scaled(unit: str) -> bool:
    """Money is kept in fen, factors in percent: both a hundredth of what is printed."""
    return is_money(unit) or unit == "factor"


def integer(value: Decimal, unit: str) -> int:
    """Fen, percent, or the whole number itself. ValueError when it is none of these exactly."""
    scaled = value * 100 if is_scaled(unit) else value
    if scaled != int(scaled):
        raise ValueError("not a whole number")
    return int(scaled)


def in_force(dated: Dated, since: date, day: date) -> bool:
    """Whether a value that began on ``since`` holds on a day."""
    return since <= day and (dated.until is None or day <= dated.until)


@dataclass(frozen=True)
class Step:
    """One band in integers: both ends included, no upper end when None."""

    at_least: int
    at_most: int | None
    value: int


@dataclass(frozen=True)
class Resolved:
    """A parameter's value on a day, with where it comes from."""

    parameter: Parameter
    dated: Dated
    since: date
    source: Source
    document: Document

    @property
    def unit(self) -> str:
        """The unit as the document prints it."""
        return self.parameter.unit

    @property
    def number(self) -> int:
        """A scalar in fen, percent or whole units."""
        return integer(self.dated.value or Decimal(0), self.unit)

    @property
    def choice(self) -> str:
        """The decision taken."""
        return self.dated.choice or ""

    @property
    def members(self) -> tuple[str, ...]:
        """The codes of a list."""
        return self.dated.members or ()

    @property
    def day(self) -> date:
        """A date; the last there is where none is given."""
        return self.dated.day or date.max

    @property
    def mapping(self) -> dict[int | str, str]:
        """A code per key."""
        return self.dated.mapping or {}

    @property
    def bands(self) -> tuple[Step, ...]:
        """The steps of a scale, lowest first."""
        return tuple(Step(b.at_least, b.at_most, integer(b.value, self.unit)) for b in self.dated.bands or ())

    @property
    def table(self) -> dict[int | str, int]:
        """A value per key."""
        return {key: integer(value, self.unit) for key, value in (self.dated.table or {}).items()}

"""Conditions declared as data, turned into columns: what must hold, and which row would pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from services.subsidy.engine.kinds.base import Failure, Row
from services.subsidy.engine.model import Quantity
from services.subsidy.engine.programme import Condition
from services.subsidy.engine.programme import Test as TestName
from services.subsidy.engine.rules import Rules
from services.subsidy.engine.values import Resolved
from shared.clock import Month


@dataclass(frozen=True)
class Asked:
    """A condition in a month."""

    rules: Rules
    condition: Condition

    @property
    def column(self) -> pl.Expr:
        """The column it looks at."""
        return pl.col(self.condition.column or "")

    @property
    def value(self) -> Resolved:
        """The value it compares with."""
        return self.rules.value(self.condition.parameter or "")

    @property
    def latest_start(self) -> date:
        """The last day from which the years asked for are full by the end of the month, as if 29 February were 28."""
        month = self.rules.month
        return Month(max(month.year - self.value.number, date.min.year), month.month).last

    @property
    def chosen(self) -> str | None:
        """The column the decision taken names; None when it names none."""
        return (self.condition.columns or {}).get(self.value.choice)

    @property
    def any_true(self) -> pl.Expr:
        """Whether any of its columns says yes, or of those that a decision adds to them."""
        further = self.rules.decided(self.condition.parameter) if self.condition.parameter else None
        names = dict.fromkeys((*(self.condition.any_of or ()), *(further.members if further else ())))
        return pl.any_horizontal(pl.col(name).fill_null(value=False) for name in names)

    @property
    def among(self) -> pl.Expr:
        """Whether its column is a member of the list; few members, so comparing beats hashing."""
        return pl.any_horizontal(pl.lit(value=False), *(self.column == member for member in self.value.members))


@dataclass(frozen=True)
class Test:
    """A way to test a row: the keys it is written with, when it is met, and which facts would meet it."""

    needs: tuple[str, ...]
    met: Callable[[Asked], pl.Expr]
    mend: Callable[[Asked], Mapping[str, object]] = lambda _: {}
    column: type[pl.DataType] = pl.Boolean
    parameter: Quantity | None = None
    unit: str | None = None
    """The family of units its parameter has; None where that goes by the column."""
    may: tuple[str, ...] = ()
    """Keys it may be written with besides."""


def _column(value: Callable[[Asked], object]) -> Callable[[Asked], Mapping[str, object]]:
    return lambda asked: {asked.condition.column or "": value(asked)}


_COMPARED = ("column", "parameter")
TESTS: Mapping[TestName, Test] = {
    "at_least": Test(
        _COMPARED, lambda a: a.column >= a.value.number, _column(lambda a: a.value.number), pl.Int64, "scalar"
    ),
    "at_most": Test(
        _COMPARED, lambda a: a.column <= a.value.number, _column(lambda a: a.value.number), pl.Int64, "scalar"
    ),
    "one_of": Test(_COMPARED, lambda a: a.among, column=pl.String, parameter="members", unit="list"),
    "years_reached": Test(
        _COMPARED, lambda a: a.column <= a.latest_start, _column(lambda a: a.latest_start), pl.Date, "scalar", "year"
    ),
    "on_or_after": Test(
        _COMPARED, lambda a: a.column >= a.value.day, _column(lambda a: a.value.day), pl.Date, "date", "date"
    ),
    "on_or_before": Test(
        _COMPARED, lambda a: a.column <= a.value.day, _column(lambda a: a.value.day), pl.Date, "date", "date"
    ),
    "is_true": Test(("column",), lambda a: a.column, _column(lambda _: True)),
    "is_false": Test(("column",), lambda a: ~a.column, _column(lambda _: False)),
    "any_true": Test(
        ("any_of",),
        lambda a: a.any_true,
        lambda a: {(a.condition.any_of or ("",))[0]: True},
        parameter="members",
        unit="list",
        may=("parameter",),
    ),
    "chosen": Test(
        ("columns", "parameter"),
        lambda a: pl.col(a.chosen) if a.chosen else pl.lit(value=True),
        lambda a: {a.chosen: True} if a.chosen else {},
        parameter="choice",
        unit="decision",
    ),
    "switched_on": Test(("parameter",), lambda a: pl.lit(a.value.choice == "ON"), parameter="choice", unit="decision"),
}


def failure(rules: Rules, condition: Condition) -> Failure:
    """The rows that do not meet a condition. What is not known does not meet it."""
    met = TESTS[condition.test].met(Asked(rules, condition)).fill_null(value=False)
    return Failure(condition.code, ~met, outcome=condition.outcome)


def mended(rules: Rules, condition: Condition, row: Row) -> Row | None:
    """The same row with the condition met, where the facts of a row can meet it."""
    facts = TESTS[condition.test].mend(Asked(rules, condition))
    return {**row, **facts} if facts else None

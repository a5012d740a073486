"""Conditions declared as data, turned into columns: what must hold, and which row would pass."""

from __future__ import annotations

import polars as pl

from services.subsidy.engine.kinds.base import Failure, Row
from services.subsidy.engine.model import Condition
from services.subsidy.engine.rules import Rules


def failure(rules: Rules, condition: Condition) -> Failure:
    """The rows that do not meet a condition. What is not known does not meet it."""
    met = _met(rules, condition).fill_null(value=False)
    return Failure(condition.code, ~met, outcome=condition.outcome)


def _met(rules: Rules, condition: Condition) -> pl.Expr:
    value, column = rules.tested(condition), pl.col(condition.column or "")
    match condition.test:
        case "at_least" if value:
            return column >= value.number
        case "one_of" if value:
            return column.is_in(list(value.members))
        case "chosen" if value:
            chosen = (condition.columns or {}).get(value.choice)
            return pl.col(chosen) if chosen else pl.lit(value=True)
        case _:
            return ~column


def mended(rules: Rules, condition: Condition, row: Row) -> Row | None:
    """The same row with the condition met, where there is one way to meet it."""
    value, column = rules.tested(condition), condition.column or ""
    match condition.test:
        case "at_least" if value:
            return {**row, column: value.number}
        case "is_false":
            return {**row, column: False}
        case "chosen" if value and (chosen := (condition.columns or {}).get(value.choice)):
            return {**row, chosen: True}
        case _:
            return None

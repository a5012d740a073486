"""A looked-up figure (查得的标准): one figure for all, a table over a column, or bands over a number.

A figure that is not there stays null. A fact that is not known holds the row (``state_unknown``); a known fact for
which the law has no figure pays nothing (``outside_table``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import polars as pl

from services.subsidy.engine.kinds.base import Change, Failure, Row, Told
from services.subsidy.engine.model import Parameter, Quantity
from services.subsidy.engine.plan import integer
from services.subsidy.engine.rules import Rules
from services.subsidy.engine.values import Resolved, Step

LOOKED_UP: tuple[Quantity, ...] = ("scalar", "table", "bands")
"""The kinds of value a slot for a looked-up figure takes."""
CODES = ("state_unknown", "outside_table")
"""The reasons a figure cannot be found."""


def column_of(parameter: Parameter) -> str | None:
    """The column a figure is looked up by; bands without one go by age, a single figure by none."""
    return None if parameter.kind == "scalar" else parameter.over or "age"


def factor_names(factors: Sequence[Parameter]) -> list[str]:
    """The step column of each factor: named after the column it is read by, or itself where two share one."""
    columns = [column_of(factor) for factor in factors]
    return [
        f"factor_{column if columns.count(column) == 1 else factor.id}"
        for column, factor in zip(columns, factors, strict=True)
    ]


def figure(value: Resolved) -> pl.Expr:
    """The figure of each row, null where there is none."""
    column = column_of(value.parameter)
    if column is None:
        return integer(value.number)
    if value.parameter.kind == "bands":
        return in_bands(value.bands, column, [band.value for band in value.bands])
    return in_table(value.table, column)


def in_table(table: Mapping[int | str, int], column: str) -> pl.Expr:
    """The value of the row's key, null for a key the table does not have; few keys, so comparing beats hashing."""
    found = integer(None)
    for key, value in table.items():
        found = pl.when(pl.col(column) == key).then(integer(value)).otherwise(found)
    return found


def in_bands(bands: Sequence[Step], column: str, values: Sequence[int]) -> pl.Expr:
    """The value of the band a number lies in, both ends included; null outside all of them."""
    found = integer(None)
    for band, value in zip(bands, values, strict=True):
        inside = pl.col(column) >= band.at_least
        if band.at_most is not None:
            inside = inside & (pl.col(column) <= band.at_most)
        found = pl.when(inside).then(integer(value)).otherwise(found)
    return found


def not_found(open_rows: pl.Expr, figures: Mapping[str, Resolved], slot: str | None = None) -> list[Failure]:
    """What speaks against paying when a figure is null. ``figures`` maps a step column to the value it was read from.

    Rows that a condition refuses are told of that alone.
    """
    columns = [column for column in (column_of(value.parameter) for value in figures.values()) if column]
    unknown = pl.any_horizontal(pl.lit(value=False), *(pl.col(column).is_null() for column in columns))
    outside = pl.any_horizontal(pl.col(name).is_null() for name in figures)
    return [
        Failure("state_unknown", open_rows & unknown, slot, outcome="held"),
        Failure("outside_table", open_rows & ~unknown & outside, slot),
    ]


def half_up(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Rounded to the nearest whole fen, halves up; exact in integers."""
    return (numerator + numerator + denominator) // (denominator + denominator)


def product(base: pl.Expr, percents: Sequence[pl.Expr]) -> pl.Expr:
    """A base times factors in percent, rounded once, half up; wide integers hold what is between."""
    whole = prod((percent.cast(pl.Int128) for percent in percents), start=base.cast(pl.Int128))
    return half_up(whole, integer(100 ** len(percents), pl.Int128)).cast(pl.Int64, strict=False)


def tell(value: Resolved, found: int, row: Row) -> Told:
    """The figure with the fact it was looked up by."""
    column = column_of(value.parameter)
    words: dict[str, object] = {"unit": value.unit, "column": column, "state": row.get(column or "")}
    if column is None:
        return Told("amount", found, value.unit, value, words)
    if value.parameter.kind == "table":
        return Told("amount_by_state", found, value.unit, value, words)
    band = next(band for band in reversed(value.bands) if band.at_least <= row[column])
    code = "amount_from" if band.at_most is None else "amount_in_band"
    return Told(code, found, value.unit, value, {**words, "from": band.at_least, "to": band.at_most})


def tell_factors(factors: Sequence[Resolved], row: Row) -> list[Told]:
    """Each factor with the fact it was looked up by."""
    told = []
    for name, factor in zip(factor_names([factor.parameter for factor in factors]), factors, strict=True):
        column = column_of(factor.parameter) or ""
        told.append(Told("factor", row[name], "factor", factor, {"column": column, "state": row[column]}))
    return told


def changes(rules: Rules, value: Resolved, row: Row) -> list[Change]:
    """The other states of a table, or the next band up; what such a state is filled from is left out then."""
    column = column_of(value.parameter)
    state = row.get(column or "")
    if column is None or state is None:
        return []
    others: Sequence[int | str] = [key for key in value.table if key != state]
    if value.parameter.kind == "bands":
        others = [band.at_least for band in value.bands if band.at_least > state][:1]
    parameters = rules.pack.content.parameters
    sources = {parameters[mapping].over for filled, mapping in rules.mappings if filled == column}
    known = {name: fact for name, fact in row.items() if name not in sources}
    return [Change("state", {**known, column: key}, {"column": column, "state": key}) for key in others]

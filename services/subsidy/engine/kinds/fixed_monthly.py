"""A fixed amount per month (按月定额): vouchers, in-kind service value, nursing subsidies, support, aid rental.

One row is a subject and a month; a subject that stands twice is held in all its rows. The amount is one figure, or
looked up by a fact of the row. Nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from services.subsidy.engine.kinds import deaths, lookup, once
from services.subsidy.engine.kinds.base import Change, Column, Computed, Kind, Row, Slot, Told
from services.subsidy.engine.rules import Rules


def compute(rules: Rules, frame: pl.LazyFrame, open_rows: pl.Expr) -> Computed:
    """按月补贴: the amount, unless the subject died before the month, or in it where that month is not paid."""
    amount = rules.get("amount")
    steps = frame.with_columns(base_fen=lookup.figure(amount))
    missing = lookup.not_found(open_rows, {"base_fen": amount}, "amount")
    twice = once.failure(open_rows, "subject_id")
    return Computed(steps, pl.col("base_fen"), [*deaths.failures(rules), twice, *missing])


def tell(rules: Rules, rows: Sequence[Row]) -> list[Told]:
    """The amount and the fact it was looked up by."""
    return [lookup.tell(rules.get("amount"), row["base_fen"], row) for row in rows if row["base_fen"] is not None]


def alternatives(rules: Rules, row: Row) -> list[Change]:
    """Another state of the fact the amount is looked up by."""
    return lookup.changes(rules, rules.get("amount"), row)


KIND = Kind(
    name="fixed_monthly",
    slots={
        "amount": Slot(lookup.LOOKED_UP, "CNY/…/month"),
        "reference_day": Slot("choice", choices=("FIRST_DAY", "LAST_DAY")),
        "death_month": Slot("choice", choices=("PAYABLE", "NOT_PAYABLE")),
    },
    inputs={"died_on": Column(pl.Date, nullable=True)},
    steps={"base_fen": pl.Int64},
    codes=(*deaths.CODES, once.CODE, *lookup.CODES),
    compute=compute,
    tell=tell,
    alternatives=alternatives,
)

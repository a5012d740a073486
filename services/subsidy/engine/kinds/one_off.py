"""An amount paid once (一次性补贴): worker and entry allowances, rewards, training subsidies, relief.

One row is a subject. What was paid before is not paid again, unless the programme lets somebody decide that and it
was so decided; a subject that stands twice in one batch is held in all its rows. The amount is one figure, or looked
up by a fact of the row. Nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from services.subsidy.engine.kinds import lookup, once
from services.subsidy.engine.kinds.base import Change, Column, Computed, Failure, Kind, Row, Slot, Told
from services.subsidy.engine.rules import Rules


def compute(rules: Rules, frame: pl.LazyFrame, open_rows: pl.Expr) -> Computed:
    """一次性补贴: the amount, unless it was paid before."""
    amount = rules.get("amount")
    again = rules.has("repeat") and rules.get("repeat").choice == "AGAIN"
    paid_before = pl.lit(value=False) if again else pl.col("paid_before")
    steps = frame.with_columns(base_fen=lookup.figure(amount))
    failures = [
        Failure("already_paid", paid_before),
        once.failure(open_rows & ~paid_before, "subject_id"),
        *lookup.not_found(open_rows, {"base_fen": amount}, "amount"),
    ]
    return Computed(steps, pl.col("base_fen"), failures)


def tell(rules: Rules, rows: Sequence[Row]) -> list[Told]:
    """The amount and the fact it was looked up by."""
    return [lookup.tell(rules.get("amount"), row["base_fen"], row) for row in rows if row["base_fen"] is not None]


def alternatives(rules: Rules, row: Row) -> list[Change]:
    """Another state of the fact the amount is looked up by."""
    return lookup.changes(rules, rules.get("amount"), row)


KIND = Kind(
    name="one_off",
    slots={
        "amount": Slot(lookup.LOOKED_UP, "CNY/…"),
        "repeat": Slot("choice", choices=("ONCE", "AGAIN"), optional=True),
    },
    inputs={"paid_before": Column(pl.Boolean)},
    steps={"base_fen": pl.Int64},
    codes=("already_paid", once.CODE, *lookup.CODES),
    compute=compute,
    tell=tell,
    alternatives=alternatives,
)

"""A base times factors (基数乘以系数): operating subsidies of community centres and of meal organisations.

One row is a subject and a period. The base is one figure or looked up, every factor is looked up; the product is
rounded once, half up to the fen.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from services.subsidy.engine.kinds import lookup
from services.subsidy.engine.kinds.base import Change, Computed, Kind, Row, Slot, Told
from services.subsidy.engine.rules import Rules


def compute(rules: Rules, frame: pl.LazyFrame, open_rows: pl.Expr) -> Computed:
    """运营补贴: the base times every factor."""
    factors = rules.all("factors")
    names = lookup.factor_names([factor.parameter for factor in factors])
    figures = {"base_fen": rules.get("amount"), **dict(zip(names, factors, strict=True))}
    steps = frame.with_columns(**{name: lookup.figure(value) for name, value in figures.items()})
    whole = lookup.product(pl.col("base_fen"), [pl.col(name) for name in names])
    steps = steps.with_columns(product_fen=whole)
    return Computed(steps, pl.col("product_fen"), lookup.not_found(open_rows, figures))


def tell(rules: Rules, rows: Sequence[Row]) -> list[Told]:
    """The base, each factor, the product."""
    return [told for row in rows if row["product_fen"] is not None for told in _tell_row(rules, row)]


def _tell_row(rules: Rules, row: Row) -> list[Told]:
    amount = rules.get("amount")
    base, factors = lookup.tell(amount, row["base_fen"], row), lookup.tell_factors(rules.all("factors"), row)
    return [base, *factors, Told("product", row["product_fen"], amount.unit)]


def alternatives(rules: Rules, row: Row) -> list[Change]:
    """Another state of any fact the base or a factor is looked up by."""
    values = [rules.get("amount"), *rules.all("factors")]
    return [change for value in values for change in lookup.changes(rules, value, row)]


KIND = Kind(
    name="base_times_factors",
    slots={
        "amount": Slot(lookup.LOOKED_UP, "CNY/…/month"),
        "factors": Slot(("table", "bands"), "factor", many=True),
    },
    inputs={},
    steps={"base_fen": pl.Int64, "product_fen": pl.Int64},
    codes=lookup.CODES,
    compute=compute,
    tell=tell,
    alternatives=alternatives,
)

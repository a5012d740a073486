"""An amount per delivered unit with a cap per day and per month (按次补贴): meals, later baths."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from services.subsidy.engine.kinds.base import Change, Column, Computed, Failure, Kind, Row, Slot, Told
from services.subsidy.engine.rules import Rules

_ORDER = ("subject_id", "service_date", "row_key")


def compute(rules: Rules, frame: pl.LazyFrame, open_rows: pl.Expr) -> Computed:
    """助餐补贴: units within the day's cap, of these the units within the month's cap, times the amount."""
    outside = ~pl.col("service_date").is_between(rules.month.first, rules.month.last)
    impossible = pl.col("units") < 0
    counted = pl.when(open_rows & ~outside & ~impossible).then(pl.col("units")).otherwise(0)
    by_day, by_month = rules.get("daily_cap").number, rules.get("monthly_cap").number
    steps = (
        frame.with_columns(counted_units=counted)
        .with_row_index("_place")
        .sort(*_ORDER)
        .with_columns(_within=_capped("counted_units", ["subject_id", "service_date"], by_day))
        .with_columns(paid_units=_capped("_within", ["subject_id"], by_month))
        .with_columns(
            cut_by_day=pl.col("counted_units") - pl.col("_within"),
            cut_by_month=pl.col("_within") - pl.col("paid_units"),
            unit_fen=pl.lit(rules.get("amount").number, pl.Int64),
        )
        .sort("_place")
        .drop("_place", "_within")
    )
    failures = [
        Failure("outside_month", outside, outcome="held"),
        Failure("units_impossible", impossible, outcome="held"),
        Failure("over_daily_cap", pl.col("cut_by_day") > 0, "daily_cap", blocking=False),
        Failure("over_monthly_cap", pl.col("cut_by_month") > 0, "monthly_cap", blocking=False),
    ]
    return Computed(steps, pl.col("paid_units") * pl.col("unit_fen"), failures)


def _capped(units: str, group: list[str], cap: int) -> pl.Expr:
    """What a row may still use of its group's cap; rows are sorted, so a running sum per group is a difference."""
    running = pl.col(units).cum_sum()
    starts = pl.any_horizontal(pl.col(name) != pl.col(name).shift(1) for name in group).fill_null(value=True)
    base = pl.when(starts).then(running - pl.col(units)).forward_fill()
    used = running - base
    return used.clip(upper_bound=cap) - (used - pl.col(units)).clip(upper_bound=cap)


def tell(rules: Rules, rows: Sequence[Row]) -> list[Told]:
    """Units counted, what each cap takes off, the amount per unit."""
    amount, day, month = rules.get("amount"), rules.get("daily_cap"), rules.get("monthly_cap")
    total = {name: sum(row[name] or 0 for row in rows) for name in KIND.steps}
    told = [Told("units", total["counted_units"], "unit")]
    if total["cut_by_day"]:
        told.append(Told("cut_by_day", total["cut_by_day"], "unit", day, {"cap": day.number}))
    if total["cut_by_month"]:
        told.append(Told("cut_by_month", total["cut_by_month"], "unit", month, {"cap": month.number}))
    return [*told, Told("per_unit", amount.number, amount.unit, amount, {"units": total["paid_units"]})]


def alternatives(rules: Rules, row: Row) -> list[Change]:  # noqa: ARG001  # more meals than the cap change nothing
    """Nothing a senior could do would raise a capped number of meals."""
    return []


KIND = Kind(
    name="per_unit_with_caps",
    slots={
        "amount": Slot("scalar"),
        "daily_cap": Slot("scalar"),
        "monthly_cap": Slot("scalar"),
        "beneficiaries": Slot("choice", choices=("REGISTERED_SENIORS",)),
    },
    inputs={
        "service_date": Column(pl.Date),
        "units": Column(pl.Int64),
        "row_key": Column(pl.String),
        "listed": Column(pl.Boolean),
    },
    steps=dict.fromkeys(("counted_units", "paid_units", "cut_by_day", "cut_by_month", "unit_fen"), pl.Int64),
    codes=("outside_month", "units_impossible", "over_daily_cap", "over_monthly_cap"),
    compute=compute,
    tell=tell,
    alternatives=alternatives,
)

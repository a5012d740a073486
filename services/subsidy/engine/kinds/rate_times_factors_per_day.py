"""A monthly rate times factors, shared over the days of the month (按日折算): operating subsidies.

One row is a segment: days on which nothing that matters changed. The one rounding, ``half up of the running
total``: what is due up to and including a day is rounded half up to the fen, and a segment receives the difference
between its last day and the day before its first. So cutting a segment anywhere changes no sum.
"""

from __future__ import annotations

from math import prod

import polars as pl

from services.subsidy.engine.kinds.base import Change, Column, Computed, Failure, Kind, Row, Slot, Told
from services.subsidy.engine.rules import Rules
from services.subsidy.engine.values import Resolved


def prepare(rules: Rules, frame: pl.LazyFrame) -> pl.LazyFrame:
    """Where a change inside the month does not count, the whole stay has the state of its first or last day."""
    change = rules.get("change_in_month").choice
    if change == "BY_DAYS":
        return frame
    tables = [rules.get("rate"), *rules.all("factors")]
    ordered = [pl.col(table.parameter.over or "").sort_by("from_day") for table in tables]
    chosen = [state.first() if change == "FIRST_STATE" else state.last() for state in ordered]
    return frame.with_columns(state.over("subject_id") for state in chosen)


def compute(rules: Rules, frame: pl.LazyFrame, open_rows: pl.Expr) -> Computed:  # noqa: ARG001  # each segment stands alone
    """运营补贴: rate by level, times every factor, for the days of the segment."""
    part = rules.get("part_month").choice
    factors = rules.all("factors")
    names = [f"factor_{factor.parameter.over}" for factor in factors]
    steps = frame.with_columns(
        days=pl.col("to_day") - pl.col("from_day") + 1,
        days_in_month=pl.lit(rules.month.days, pl.Int64),
        rate_fen=_looked_up(rules.get("rate")),
        **{name: _looked_up(factor) for name, factor in zip(names, factors, strict=True)},
    )
    whole = prod((pl.col(name) for name in names), start=pl.col("rate_fen"))
    scale = 100 ** len(names)
    before, after, span = _position(part)
    steps = steps.with_columns(full_month_fen=_half_up(whole, pl.lit(scale, pl.Int64))).with_columns(
        due_before_fen=_half_up(whole * before, span * scale), due_after_fen=_half_up(whole * after, span * scale)
    )
    due = pl.col("due_after_fen") - pl.col("due_before_fen")
    return Computed(steps, due, _failures(rules, part, names))


def _looked_up(table: Resolved) -> pl.Expr:
    return pl.col(table.parameter.over or "").replace_strict(table.table, default=None, return_dtype=pl.Int64)


def _half_up(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Rounded to the nearest whole fen, halves up; exact in integers."""
    return (numerator + numerator + denominator) // (denominator + denominator)


def _position(part: str) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Days run before the segment, days run with it, and the days that make a full month's amount."""
    if part != "FULL_MONTH":
        return pl.col("from_day") - 1, pl.col("to_day"), pl.col("days_in_month")
    stayed = pl.col("days").cum_sum().over("subject_id", order_by="from_day")
    return stayed - pl.col("days"), stayed, pl.col("days").sum().over("subject_id")


def _failures(rules: Rules, part: str, names: list[str]) -> list[Failure]:
    first, last, days = pl.col("from_day"), pl.col("to_day"), rules.month.days
    impossible = (first < 1) | (last > days) | (first > last)
    previous = last.shift(1).over("subject_id", order_by="from_day")
    twice = (first <= previous).fill_null(value=False).any().over("subject_id")
    unknown = pl.any_horizontal(pl.col("rate_fen").is_null(), *(pl.col(name).is_null() for name in names))
    failures = [
        Failure("days_impossible", impossible, outcome="held"),
        Failure("days_counted_twice", twice, outcome="held"),
        Failure("state_unknown", unknown, "rate", outcome="held"),
    ]
    if part == "NONE":
        part_only = pl.col("days").sum().over("subject_id") < days
        failures.append(Failure("part_month", part_only, "part_month"))
    return failures


def tell(rules: Rules, row: Row) -> list[Told]:
    """Base, each factor, the month's amount, the share of the days."""
    rate = rules.get("rate")
    told = [Told("rate", row["rate_fen"], rate.unit, rate, {"state": row["care_level"]})]
    for factor in rules.all("factors"):
        over = factor.parameter.over or ""
        told.append(Told("factor", row[f"factor_{over}"], factor.unit, factor, {"column": over, "state": row[over]}))
    told.append(Told("full_month", row["full_month_fen"], rate.unit))
    words = {name: row[name] for name in ("from_day", "to_day", "days", "days_in_month")}
    words |= {"before": row["due_before_fen"], "after": row["due_after_fen"]}
    told.append(Told("days", row["days"], "day", rules.get("part_month"), words))
    return told


def alternatives(rules: Rules, row: Row) -> list[Change]:
    """The next higher grade, or whatever numbered state a factor has above this one."""
    changes = []
    for factor in rules.all("factors"):
        over = factor.parameter.over or ""
        higher = [key for key in factor.table if isinstance(key, int) and row[over] is not None and key > row[over]]
        if higher:
            changes.append(Change("state", {**row, over: min(higher)}, {"column": over, "state": min(higher)}))
    return changes


KIND = Kind(
    name="rate_times_factors_per_day",
    slots={
        "rate": Slot("table"),
        "factors": Slot("table", many=True),
        "part_month": Slot("choice", choices=("BY_DAYS", "FULL_MONTH", "NONE")),
        "change_in_month": Slot("choice", choices=("BY_DAYS", "FIRST_STATE", "LAST_STATE")),
    },
    inputs={
        "from_day": Column(pl.Int64),
        "to_day": Column(pl.Int64),
        "care_level": Column(pl.String, nullable=True),
        "grade": Column(pl.Int64, nullable=True),
        "mode": Column(pl.String, nullable=True),
        "listed": Column(pl.Boolean),
    },
    steps={
        name: pl.Int64
        for name in ("days", "days_in_month", "rate_fen", "full_month_fen", "due_before_fen", "due_after_fen")
    },
    codes=("days_impossible", "days_counted_twice", "state_unknown", "part_month"),
    compute=compute,
    tell=tell,
    alternatives=alternatives,
    prepare=prepare,
)

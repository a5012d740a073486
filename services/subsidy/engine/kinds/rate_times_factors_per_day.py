"""A monthly rate times factors, shared over the days of the month (按日折算): operating subsidies.

One row is a segment: days on which nothing that matters changed. The one rounding, ``half up of the running
total``: what is due up to and including a day is rounded half up to the fen, and a segment receives the difference
between its last day and the day before its first. So cutting a segment anywhere changes no sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import prod

import polars as pl

from services.subsidy.engine.kinds import lookup
from services.subsidy.engine.kinds.base import Change, Column, Computed, Failure, Kind, Row, Slot, Told
from services.subsidy.engine.rules import Rules

_LONGEST = date.max.day
"""The most days a month can have."""


def prepare(rules: Rules, frame: pl.LazyFrame) -> pl.LazyFrame:
    """Where a change inside the month does not count, the whole stay has the state of its first or last day."""
    change = rules.get("change_in_month").choice
    if change == "BY_DAYS":
        return frame
    tables = [rules.get("rate"), *rules.all("factors")]
    ordered = [pl.col(table.parameter.over or "").sort_by("from_day") for table in tables]
    chosen = [state.first() if change == "FIRST_STATE" else state.last() for state in ordered]
    return frame.with_columns(state.over("subject_id") for state in chosen)


def compute(rules: Rules, frame: pl.LazyFrame, open_rows: pl.Expr) -> Computed:
    """运营补贴: rate by level, times every factor, for the days of the segment."""
    part = rules.get("part_month").choice
    factors = rules.all("factors")
    names = lookup.factor_names([factor.parameter for factor in factors])
    steps = frame.with_columns(
        days=pl.col("to_day") - pl.col("from_day") + 1,
        days_in_month=pl.lit(rules.month.days, pl.Int64),
        _days=_days_up_to(pl.col("to_day")) - _days_up_to(pl.col("from_day") - 1),
        rate_fen=lookup.figure(rules.get("rate")),
        **{name: lookup.figure(factor) for name, factor in zip(names, factors, strict=True)},
    )
    whole = prod((pl.col(name) for name in names), start=pl.col("rate_fen"))
    person = resident(steps)
    stay = {"_stay": pl.col("_days").bitwise_or(), "_stay_days": pl.col("days").sum(), "_apart": _apart(steps)}
    steps = steps.with_columns(column.over(person).alias(name) for name, column in stay.items())
    scale = 100 ** len(names)
    before, after, span = _position(part)
    steps = steps.with_columns(full_month_fen=lookup.half_up(whole, pl.lit(scale, pl.Int64))).with_columns(
        due_before_fen=lookup.half_up(whole * before, span * scale),
        due_after_fen=lookup.half_up(whole * after, span * scale),
    )
    due = pl.col("due_after_fen") - pl.col("due_before_fen")
    return Computed(steps, due, _failures(rules, part, names, open_rows), ("_days", *stay))


def resident(frame: pl.LazyFrame) -> str:
    """The column of whose days are counted: the person, if the rows tell."""
    return "person_id" if "person_id" in frame.collect_schema() else "subject_id"


def _apart(frame: pl.LazyFrame) -> pl.Expr:
    """Whether somebody's stays of the month do not make one: in several homes, or with days between them."""
    if "home_id" not in frame.collect_schema():
        return pl.lit(value=False)
    first, last = pl.col("from_day").min(), pl.col("to_day").max()
    gap = pl.col("_days").bitwise_or().bitwise_count_ones().cast(pl.Int64) < last - first + 1
    return (pl.col("subject_id").n_unique() > 1) & (gap | (pl.col("home_id").n_unique() > 1))


def _position(part: str) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Days run before the segment, days run with it, and the days that make a full month's amount."""
    if part != "FULL_MONTH":
        return pl.col("from_day") - 1, pl.col("to_day"), pl.col("days_in_month")
    stay = pl.col("_stay")
    before = (stay & _days_up_to(pl.col("from_day") - 1)).bitwise_count_ones().cast(pl.Int64)
    return before, before + pl.col("days"), stay.bitwise_count_ones().cast(pl.Int64)


def _failures(rules: Rules, part: str, names: list[str], open_rows: pl.Expr) -> list[Failure]:
    first, last, days = pl.col("from_day"), pl.col("to_day"), rules.month.days
    impossible = (first < 1) | (last > days) | (first > last)
    twice = pl.col("_stay").bitwise_count_ones() < pl.col("_stay_days")
    unknown = pl.any_horizontal(pl.col("rate_fen").is_null(), *(pl.col(name).is_null() for name in names))
    failures = [
        Failure("days_impossible", impossible, outcome="held"),
        Failure("days_counted_twice", twice, outcome="held"),
        Failure("state_unknown", open_rows & unknown, "rate", outcome="held"),
    ]
    joined = rules.get("joined_stays").choice if rules.has("joined_stays") else None
    if part != "BY_DAYS" and joined != "TOGETHER":
        undecided = "held" if joined is None else "not_eligible"
        slot = "joined_stays" if joined else None
        failures.append(Failure("joined_stays", pl.col("_apart"), slot, outcome=undecided))
    if part == "NONE":
        part_only = pl.col("_stay").bitwise_count_ones() < days
        failures.append(Failure("part_month", part_only, "part_month"))
    return failures


def _days_up_to(day: pl.Expr) -> pl.Expr:
    """The days of a month up to one, as a set of bits; a day no month has counts as its nearest end."""
    sets = pl.Series([(1 << day) - 1 for day in range(_LONGEST + 1)], dtype=pl.Int64)
    return pl.lit(sets).gather(day.clip(0, _LONGEST))


def tell(rules: Rules, rows: Sequence[Row]) -> list[Told]:
    """For every segment: base, each factor, the month's amount, the share of its days."""
    known = sorted((row for row in rows if row["days"] is not None), key=lambda row: row["from_day"])
    return [told for row in known for told in _tell_segment(rules, row)]


def _tell_segment(rules: Rules, row: Row) -> list[Told]:
    rate = rules.get("rate")
    words = {name: row[name] for name in ("from_day", "to_day", "days", "days_in_month")}
    if row["outcome"] != "paid":
        return [Told("days_unpaid", row["days"], "day", None, words)]
    told = [Told("rate", row["rate_fen"], rate.unit, rate, {"state": row[rate.parameter.over or ""]})]
    told += lookup.tell_factors(rules.all("factors"), row)
    told.append(Told("full_month", row["full_month_fen"], rate.unit))
    if row["days"] == row["days_in_month"]:
        return told
    words |= {"before_fen": row["due_before_fen"], "after_fen": row["due_after_fen"]}
    return [*told, Told("days", row["amount_fen"], rate.unit, rules.get("part_month"), words)]


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
        "rate": Slot("table", "CNY/…/month"),
        "factors": Slot("table", "factor", many=True, optional=True),
        "part_month": Slot("choice", choices=("BY_DAYS", "FULL_MONTH", "NONE")),
        "change_in_month": Slot("choice", choices=("BY_DAYS", "FIRST_STATE", "LAST_STATE")),
        "joined_stays": Slot("choice", choices=("TOGETHER", "NOT_PAID"), optional=True),
    },
    inputs={
        "from_day": Column(pl.Int64),
        "to_day": Column(pl.Int64),
        "care_level": Column(pl.String, nullable=True),
        "grade": Column(pl.Int64, nullable=True),
        "mode": Column(pl.String, nullable=True),
        "listed": Column(pl.Boolean),
    },
    steps=dict.fromkeys(
        ("days", "days_in_month", "rate_fen", "full_month_fen", "due_before_fen", "due_after_fen"), pl.Int64
    ),
    codes=("days_impossible", "days_counted_twice", "state_unknown", "joined_stays", "part_month"),
    compute=compute,
    tell=tell,
    alternatives=alternatives,
    prepare=prepare,
    own=frozenset({"care_level", "assessed_level", "assessed_level_mzt039"}),
    told=("person_id", "home_id"),
)

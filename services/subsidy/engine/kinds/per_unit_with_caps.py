"""An amount per delivered unit with caps per day, month and year (按次补贴): meals, baths, days of respite.

One row is the verified units of one senior, day and record. A programme names the caps it has; units are counted in
the order of day and record, and at the same place the lower amount first. Nothing is rounded. What is paid by the day
is one a day, whoever gives it: that is no figure of a law.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from services.subsidy.engine.kinds import lookup
from services.subsidy.engine.kinds.base import Change, Column, Computed, Failure, Kind, Row, Slot, Told
from services.subsidy.engine.pack import BEFORE_DAYS, PER_DAY
from services.subsidy.engine.rules import Rules

_ORDER = ("subject_id", "service_date", "row_key")
_MOST_UNITS = pl.Int32.max()
"""A count beyond this is a slip of the pen, and would not fit into an amount."""


@dataclass(frozen=True)
class Cap:
    """A slot that limits the units of a group of rows, the step it cuts, and the reason it gives."""

    slot: str
    cut: str
    reason: str
    group: tuple[str, ...] = ("subject_id",)


CAPS = (
    Cap("daily_cap", "cut_by_day", "over_daily_cap", ("subject_id", "service_date")),
    Cap("monthly_cap", "cut_by_month", "over_monthly_cap"),
    Cap("yearly_cap", "cut_by_year", "over_yearly_cap"),
)


def compute(rules: Rules, frame: pl.LazyFrame, open_rows: pl.Expr) -> Computed:
    """助餐、助浴、喘息补贴: units within the caps, the narrowest first, times the amount."""
    amount = rules.get("amount")
    outside = ~pl.col("service_date").is_between(rules.month.first, rules.month.last)
    impossible = ~pl.col("units").is_between(0, _MOST_UNITS)
    if rules.has("yearly_cap"):
        impossible = impossible | (pl.col("used_in_year") < 0)
    counts = open_rows & ~outside & ~impossible & lookup.figure(amount).is_not_null()
    steps = _within_caps(rules, frame.with_columns(counted_units=pl.when(counts).then(pl.col("units")).otherwise(0)))
    failures = [
        Failure("outside_month", outside, outcome="held"),
        Failure("units_impossible", impossible, outcome="held"),
        *lookup.not_found(open_rows, {"unit_fen": amount}, "amount"),
        *(
            Failure(cap.reason, pl.col(cap.cut) > 0, cap.slot if rules.has(cap.slot) else None, blocking=False)
            for cap in CAPS
            if _cuts(rules, cap)
        ),
    ]
    return Computed(steps, pl.col("paid_units") * pl.col("unit_fen"), failures)


def _within_caps(rules: Rules, frame: pl.LazyFrame) -> pl.LazyFrame:
    """The units each row may keep of what its group may have, and what every cap takes off."""
    unit = lookup.figure(rules.get("amount"))
    ties = () if rules.get("amount").parameter.kind == "scalar" else (unit, pl.col("counted_units"))
    steps = frame.with_row_index("_place").sort(*_ORDER, *ties)
    steps = steps.with_columns(unit_fen=unit, paid_units=pl.col("counted_units"))
    for cap in CAPS:
        kept = _capped("paid_units", cap.group, _limit(rules, cap)) if _cuts(rules, cap) else pl.col("paid_units")
        steps = steps.with_columns(_kept=kept).with_columns(
            (pl.col("paid_units") - pl.col("_kept")).alias(cap.cut), paid_units=pl.col("_kept")
        )
    return steps.sort("_place").drop("_place", "_kept")


def _cuts(rules: Rules, cap: Cap) -> bool:
    """Whether a cap is decided, or lies in the unit itself; packs from before knew only what is decided."""
    by_days = rules.get("amount").unit == PER_DAY and rules.pack.content.formulas not in BEFORE_DAYS
    return rules.has(cap.slot) or (by_days and cap.slot == "daily_cap")


def _number(rules: Rules, cap: Cap) -> int:
    return rules.get(cap.slot).number if rules.has(cap.slot) else 1


def _limit(rules: Rules, cap: Cap) -> pl.Expr:
    """What a group may have; of a year, what the months before have left."""
    limit = pl.lit(_number(rules, cap), pl.Int64)
    if cap.slot != "yearly_cap":
        return limit
    used = pl.col("used_in_year").clip(lower_bound=0).max().over("subject_id")
    return (limit - used).clip(lower_bound=0)


def _capped(units: str, group: Sequence[str], cap: pl.Expr) -> pl.Expr:
    """What a row may still use of its group's cap; rows are sorted, so a running sum per group is a difference."""
    running = pl.col(units).cum_sum()
    starts = pl.any_horizontal(pl.col(name) != pl.col(name).shift(1) for name in group).fill_null(value=True)
    base = pl.when(starts).then(running - pl.col(units)).forward_fill()
    used = running - base
    return used.clip(upper_bound=cap) - (used - pl.col(units)).clip(upper_bound=cap)


def tell(rules: Rules, rows: Sequence[Row]) -> list[Told]:
    """Units counted, what each cap takes off, the amount per unit."""
    total = {name: sum(row[name] or 0 for row in rows) for name in KIND.steps}
    told = [Told("units", total["counted_units"], "unit")]
    for cap in CAPS:
        if total[cap.cut]:
            limit = rules.get(cap.slot) if rules.has(cap.slot) else None
            told.append(Told(cap.cut, total[cap.cut], "unit", limit, {"cap": _number(rules, cap)}))
    return [*told, *_tell_amounts(rules, rows)]


def _tell_amounts(rules: Rules, rows: Sequence[Row]) -> list[Told]:
    """The units paid at each amount; one line where there is one amount for all."""
    amount = rules.get("amount")
    column = lookup.column_of(amount.parameter)
    paid: dict[object, tuple[int, int]] = {}
    for row in rows:
        if row["unit_fen"] is not None and row["paid_units"] is not None:
            state = row.get(column or "")
            paid[state] = paid.get(state, (0, 0))[0] + row["paid_units"], row["unit_fen"]
    if column is None:
        return [Told("per_unit", amount.number, amount.unit, amount, {"units": total}) for total, _ in paid.values()]
    return [
        Told("per_unit_by_state", fen, amount.unit, amount, {"units": total, "column": column, "state": state})
        for state, (total, fen) in paid.items()
    ]


def alternatives(rules: Rules, row: Row) -> list[Change]:
    """Another state of the fact the amount is looked up by; more units than the caps change nothing."""
    return lookup.changes(rules, rules.get("amount"), row)


KIND = Kind(
    name="per_unit_with_caps",
    slots={
        "amount": Slot(("scalar", "table"), "CNY/…"),
        "daily_cap": Slot("scalar", "…/day", optional=True),
        "monthly_cap": Slot("scalar", "…/month", optional=True),
        "yearly_cap": Slot("scalar", "…/year", optional=True),
    },
    inputs={
        "service_date": Column(pl.Date),
        "units": Column(pl.Int64),
        "row_key": Column(pl.String),
        "used_in_year": Column(pl.Int64, slot="yearly_cap"),
    },
    steps=dict.fromkeys(("counted_units", "paid_units", *(cap.cut for cap in CAPS), "unit_fen"), pl.Int64),
    codes=("outside_month", "units_impossible", *lookup.CODES, *(cap.reason for cap in CAPS)),
    compute=compute,
    tell=tell,
    alternatives=alternatives,
)

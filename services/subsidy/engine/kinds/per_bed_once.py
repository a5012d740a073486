"""An amount once per bed (按床位一次性建设补贴): construction subsidies, by ownership of the premises and type of bed.

One row is one type of bed of one institution. A bed is paid once: beds paid before are taken off. A lease must run for
the years the law asks, the day of opening among them; years that begin on 29 February end on 28 February in common
years. What a shorter lease gets is a decision; until it is taken it gets nothing. Nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from services.subsidy.engine.kinds import lookup, once
from services.subsidy.engine.kinds.base import Change, Column, Computed, Failure, Kind, Row, Slot, Told
from services.subsidy.engine.rules import Rules

_DAY = timedelta(days=1)
_TENURES = ("own", "leased")
_BEFORE = "formulas-1"
OPENED_ON = "opened_on"
"""The day a home opened, where the programme asks for it."""
_MOST_BEDS = pl.Int32.max()
"""A count beyond this is a slip of the pen, and would not fit into an amount."""


def compute(rules: Rules, frame: pl.LazyFrame, open_rows: pl.Expr) -> Computed:
    """建设补贴: beds not paid before, times the amount for this tenure and type of bed."""
    leased, approved, before = pl.col("tenure") == "leased", pl.col("approved_beds"), pl.col("beds_paid_before")
    years, begins, ends = rules.get("minimum_lease_years").number, pl.col("lease_from"), pl.col("lease_to")
    short = ends + _DAY < _after(rules, begins, years)
    own_fen, leased_fen = lookup.figure(rules.get("own")), lookup.figure(rules.get("leased"))
    if rules.has("short_lease"):
        leased_fen = pl.when(short).then(lookup.figure(rules.get("short_lease"))).otherwise(leased_fen)
    unit = pl.when(leased).then(leased_fen).when(pl.col("tenure") == "own").then(own_fen)
    steps = frame.with_columns(new_beds=(approved - before).clip(lower_bound=0), unit_fen=unit)
    known = pl.col("tenure").is_in(list(_TENURES))
    impossible = ~approved.is_between(0, _MOST_BEDS) | (before < 0)
    no_dates = begins.is_null() | ends.is_null()
    failures = [
        Failure("beds_impossible", impossible, outcome="held"),
        Failure("tenure_unknown", ~known, outcome="held"),
        Failure("lease_unknown", leased & no_dates, "minimum_lease_years", outcome="held"),
        *_leases(rules, frame, leased, short),
        once.failure(open_rows & (approved > before), "subject_id", "bed_type", "tenure"),
        Failure("all_beds_paid", approved <= before),
        Failure("outside_table", open_rows & known & pl.col("unit_fen").is_null()),
    ]
    return Computed(steps, pl.col("new_beds") * pl.col("unit_fen"), failures)


def _after(rules: Rules, begins: pl.Expr, years: int) -> pl.Expr:
    """The day after so many full years; in a pack from before, a year from 29 February ended a day early."""
    later = begins.dt.offset_by(f"{years}y")
    if rules.pack.content.formulas == _BEFORE:
        return later
    return pl.when(later.dt.day() != begins.dt.day()).then(later + _DAY).otherwise(later)


def _leases(rules: Rules, frame: pl.LazyFrame, leased: pl.Expr, short: pl.Expr) -> list[Failure]:
    """What speaks against a lease: the home was not opened under it, or it is too short where nobody decided what a
    short one gets."""
    found = []
    if rules.pack.content.formulas != _BEFORE and OPENED_ON in frame.collect_schema().names():
        covers = pl.col(OPENED_ON).is_between(pl.col("lease_from"), pl.col("lease_to"))
        found.append(Failure("lease_elsewhere", leased & ~covers))
    if not rules.has("short_lease"):
        found.append(Failure("lease_too_short", leased & short, "minimum_lease_years"))
    return found


def tell(rules: Rules, rows: Sequence[Row]) -> list[Told]:
    """Beds, the lease, the amount per bed."""
    return [told for row in rows if row["unit_fen"] is not None for told in _tell_type(rules, row)]


def _tell_type(rules: Rules, row: Row) -> list[Told]:
    if row["new_beds"] is None:
        return []
    beds = {"approved": row["approved_beds"], "before": row["beds_paid_before"], "state": row["bed_type"]}
    told = [Told("beds", row["new_beds"], "bed", None, beds)]
    if row["tenure"] == "leased" and row["lease_from"] and row["lease_to"]:
        years = rules.get("minimum_lease_years")
        dates = {"from": row["lease_from"], "to": row["lease_to"]}
        told.append(Told("lease", years.number, years.unit, years, dates))
    amount = rules.get(_slot(rules, row))
    words = {"tenure": row["tenure"], "state": row["bed_type"], "beds": row["new_beds"]}
    return [*told, Told("per_bed", row["unit_fen"], amount.unit, amount, words)]


def _slot(rules: Rules, row: Row) -> str:
    """Which amount a row is worked out by."""
    if row["tenure"] != "leased":
        return "own"
    long = row["lease_from"] is None or row["lease_to"] is None or row["lease_to"] >= (_until(rules, row) or date.max)
    return "leased" if long or not rules.has("short_lease") else "short_lease"


def _until(rules: Rules, row: Row) -> date | None:
    """The last day of the years that a lease must run; None where the calendar ends before."""
    years = rules.get("minimum_lease_years").number
    until = pl.select(_after(rules, pl.lit(row["lease_from"], pl.Date), years) - _DAY).to_series()
    day: date | None = None if until.dt.year().item() > date.max.year else until.item()
    return day


def alternatives(rules: Rules, row: Row) -> list[Change]:
    """A lease that runs long enough, where the calendar goes on for so long."""
    if row["tenure"] != "leased" or row["lease_from"] is None or row["lease_to"] is None:
        return []
    until = _until(rules, row)
    if until is None or row["lease_to"] >= until:
        return []
    return [Change("longer_lease", {**row, "lease_to": until}, {"day": until})]


KIND = Kind(
    name="per_bed_once",
    slots={
        "own": Slot("table", "CNY/bed"),
        "leased": Slot("table", "CNY/bed"),
        "minimum_lease_years": Slot("scalar", "year"),
        "short_lease": Slot("table", "CNY/bed", optional=True),
    },
    inputs={
        "bed_type": Column(pl.String),
        "approved_beds": Column(pl.Int64),
        "beds_paid_before": Column(pl.Int64),
        "tenure": Column(pl.String),
        "lease_from": Column(pl.Date, nullable=True),
        "lease_to": Column(pl.Date, nullable=True),
    },
    steps={"new_beds": pl.Int64, "unit_fen": pl.Int64},
    codes=(
        "beds_impossible", "tenure_unknown", "lease_unknown", "lease_elsewhere", "lease_too_short",
        once.CODE, "all_beds_paid", "outside_table",
    ),
    compute=compute,
    tell=tell,
    alternatives=alternatives,
)  # fmt: skip

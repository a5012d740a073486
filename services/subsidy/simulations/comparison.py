"""Both sides of a simulation, person by person, and what they add up to. Pure; frames in, figures out.

A side is what a law says row by row (``needed``), or None when it answers nobody. Whoever is entitled counts once: a
senior, or where none is named the application or the organisation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from services.subsidy.simulations.domain import NAMES
from shared.clock import Month

KEY = ["subject", "county"]
LEVELS = ("care_level", "assessed_level")
"""Columns that say how much care somebody needs, the most telling first."""
_NEEDED = {
    "subject": pl.String(),
    "county": pl.String(),
    "fen": pl.Int64(),
    "outcome": pl.String(),
    "reason": pl.String(),
    "birth_date": pl.Date(),
    "level": pl.String(),
    "from_day": pl.Int32(),
}


def needed(judged: pl.DataFrame) -> pl.DataFrame:
    """Of what ``lines.judge`` answers, the columns that are compared or counted."""
    level = next((name for name in LEVELS if name in judged.columns), None)
    return judged.select(
        subject=pl.coalesce("senior_id", "application_id", "beneficiary_id"),
        county=pl.col("region").str.slice(0, 6),
        fen="amount_fen",
        outcome=pl.col("outcome").cast(pl.String),
        reason=pl.col("reason").cast(pl.String),
        birth_date="birth_date",
        level=pl.col(level).cast(pl.String) if level else pl.lit(None, pl.String),
        from_day=pl.col("from_day").cast(pl.Int32) if "from_day" in judged.columns else pl.lit(None, pl.Int32),
    )


def people(side: pl.DataFrame | None) -> pl.DataFrame:
    """One row per subject and county: the sum of the month, and why."""
    rows = (pl.DataFrame(schema=_NEEDED) if side is None else side).select(*KEY, "fen", "outcome", "reason")
    if rows.select(pl.struct(KEY).n_unique()).item() != rows.height:
        rows = rows.group_by(KEY).agg(pl.col("fen").sum(), pl.col("outcome").min(), pl.col("reason").min())
    paid = pl.when(pl.col("fen") > 0).then(pl.lit("paid")).otherwise(pl.col("outcome"))
    return rows.with_columns(outcome=paid)


def compare(today: pl.DataFrame | None, changed: pl.DataFrame | None) -> pl.DataFrame:
    """Everybody of either side with both sums, both outcomes and both reasons."""
    both = people(today).join(people(changed), on=KEY, how="full", coalesce=True, suffix="_changed")
    return both.with_columns(pl.col("fen", "fen_changed").fill_null(0))


def traits(sides: Sequence[pl.DataFrame | None], whose: pl.DataFrame, month: Month) -> pl.DataFrame:
    """Age on the month's last day, and level at its end, of some people; null when not on record."""
    last, rows = month.last, [side.join(whose, on="subject", how="semi") for side in sides if side is not None]
    known = pl.concat([pl.DataFrame(schema=_NEEDED), *rows]).sort("subject", "from_day").unique("subject", keep="last")
    born = pl.col("birth_date")
    to_come = (born.dt.month() > last.month) | ((born.dt.month() == last.month) & (born.dt.day() > last.day))
    age = last.year - born.dt.year() - to_come.cast(pl.Int32)
    return known.select("subject", age=age.cast(pl.Int32), level="level")


def figures(
    sides: Sequence[pl.DataFrame | None], compared: pl.DataFrame, month: Month, ages: Sequence[tuple[int, int | None]]
) -> list[dict[str, Any]]:
    """Figures by county, age group and level; only where somebody is paid."""
    paid = compared.filter((pl.col("fen") > 0) | (pl.col("fen_changed") > 0))
    return (
        paid.join(traits(sides, paid, month), on="subject", how="left")
        .with_columns(*_age_group(ages))
        .group_by("county", "age_from", "age_to", "level")
        .agg(**_counted())
        .sort("county", "age_from", "level", nulls_last=True)
        .to_dicts()
    )


def _age_group(ages: Sequence[tuple[int, int | None]]) -> list[pl.Expr]:
    """The two ends of the group an age lies in; both null when the age is not known."""
    begins, ends = pl.lit(None, pl.Int32), pl.lit(None, pl.Int32)
    for first, last in ages:
        inside = pl.col("age") >= first
        begins = pl.when(inside).then(pl.lit(first, pl.Int32)).otherwise(begins)
        ends = pl.when(inside).then(pl.lit(last, pl.Int32)).otherwise(ends)
    return [begins.alias("age_from"), ends.alias("age_to")]


def _counted() -> Mapping[str, pl.Expr]:
    """The figures of a group; ``Figures`` says what each is."""
    now, then = pl.col("fen"), pl.col("fen_changed")
    both = (now > 0) & (then > 0)
    groups = {
        "gaining": both & (then > now),
        "losing": both & (then < now),
        "newly": (now == 0) & (then > 0),
        "no_longer": (now > 0) & (then == 0),
    }
    counted = {
        "today_fen": now.sum(),
        "changed_fen": then.sum(),
        "paid_today": (now > 0).sum(),
        "paid_changed": (then > 0).sum(),
        "unchanged": (both & (then == now)).sum(),
        **{name: which.sum() for name, which in groups.items()},
        **{f"{name}_fen": (then - now).filter(which).sum() for name, which in groups.items()},
    }
    return {name: counted[name].cast(pl.Int64) for name in NAMES}


def reasons(compared: pl.DataFrame) -> list[dict[str, Any]]:
    """How many are judged otherwise than today, by both reasons, and what that costs."""
    before, after = ("outcome", "reason"), ("outcome_changed", "reason_changed")
    same = pl.all_horizontal(pl.col(a).eq_missing(pl.col(b)) for a, b in zip(before, after, strict=True))
    return (
        compared.filter(~same)
        .group_by(*before, *after)
        .agg(people=pl.len(), difference_fen=(pl.col("fen_changed") - pl.col("fen")).sum())
        .rename({"outcome": "today_outcome", "reason": "today_reason"})
        .rename({"outcome_changed": "changed_outcome", "reason_changed": "changed_reason"})
        .sort("people", "today_reason", "changed_reason", descending=[True, False, False], nulls_last=True)
        .to_dicts()
    )

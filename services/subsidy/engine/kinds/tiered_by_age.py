"""An amount per month by age band (分年龄段): longevity allowances."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from services.subsidy.engine.kinds import deaths, lookup
from services.subsidy.engine.kinds.base import Change, Column, Computed, Failure, Kind, Row, Slot, Told
from services.subsidy.engine.model import Text
from services.subsidy.engine.rules import Rules
from shared.clock import Month

_DAY = timedelta(days=1)


def judged_on(rules: Rules) -> date:
    """The last day whose birthdays count for this month, by the city's rules on start and on the day of age."""
    month = rules.month if rules.get("start_month").choice == "SAME_MONTH" else rules.month.previous()
    return month.last if rules.get("age_reached").choice == "BIRTHDAY" else month.last - _DAY


def age_on(day: pl.Expr, leap_day: str) -> pl.Expr:
    """Full years (周岁) on a day. Born on 29 February counts in other years as 28 February or as 1 March."""
    born = pl.col("birth_date")
    to_come = born.dt.day() > day.dt.day()
    if leap_day == "FEB_28":
        month_is_over = day == day.dt.month_end()
        to_come = to_come & ~month_is_over
    later = (born.dt.month() > day.dt.month()) | ((born.dt.month() == day.dt.month()) & to_come)
    return day.dt.year() - born.dt.year() - later.cast(pl.Int32)


def compute(rules: Rules, frame: pl.LazyFrame, open_rows: pl.Expr) -> Computed:  # noqa: ARG001  # each row stands alone
    """尊老金: age on the counting day, the band it lies in, that band's amount."""
    bands, counting = rules.get("amount").bands, judged_on(rules)
    leap_day = rules.get("leap_day_birthday").choice
    lived_to = pl.col("died_on") if rules.get("age_reached").choice == "BIRTHDAY" else pl.col("died_on") - _DAY
    died_first = deaths.within(rules) & (lived_to < counting)
    age = pl.when(died_first).then(age_on(lived_to, leap_day)).otherwise(age_on(pl.lit(counting), leap_day))
    order = range(len(bands))
    steps = frame.with_columns(age=age).with_columns(
        band=lookup.in_bands(bands, "age", order).cast(pl.Int32),
        base_fen=lookup.in_bands(bands, "age", [band.value for band in bands]),
    )
    failures = [
        *deaths.failures(rules),
        Failure("beyond_arrears", pl.col("registered_on") > arrears_end(rules), "arrears_months"),
        Failure("outside_bands", pl.col("base_fen").is_null(), "amount"),
    ]
    return Computed(steps, pl.col("base_fen"), failures)


def arrears_end(rules: Rules) -> date:
    """The last day on which a registration still reaches back to this month."""
    month = rules.month
    for _ in range(rules.get("arrears_months").number):
        month = month.next()
    return month.last


def tell(rules: Rules, rows: Sequence[Row]) -> list[Told]:
    """Age, band, amount."""
    told = []
    for row in (row for row in rows if row["age"] is not None):
        told.append(Told("age", row["age"], "year", rules.get("start_month"), {"day": judged_on(rules)}))
        if row["band"] is not None:
            band = rules.get("amount").bands[row["band"]]
            words = {"from": band.at_least, "to": band.at_most}
            code = "band_open" if band.at_most is None else "band"
            told.append(Told(code, row["base_fen"], rules.get("amount").unit, rules.get("amount"), words))
    return told


def reasons(rules: Rules, rows: Sequence[Row]) -> dict[str, Text]:
    """Whoever is too young hears how old they are, and how old they must be."""
    first, ages = rules.get("amount").bands[0].at_least, {row["age"] for row in rows if row["band"] is None}
    age = ages.pop() if len(ages) == 1 else None
    if age is None or age >= first:
        return {}
    told = Text(zh=f"已满{age}周岁,还没有满{first}周岁", en=f"{age} years old, not yet {first}")
    return {"outside_bands": told}


def alternatives(rules: Rules, row: Row) -> list[Change]:
    """The next birthday that leads into a higher band."""
    for band in rules.get("amount").bands:
        born = row["birth_date"]
        if row["age"] is not None and band.at_least > row["age"] and born.year + band.at_least < date.max.year:
            month = Month(born.year + band.at_least, born.month)
            return [Change("older", row, {"age": band.at_least}, month)]
    return []


KIND = Kind(
    name="tiered_by_age",
    slots={
        "amount": Slot("bands", "CNY/…/month"),
        "start_month": Slot("choice", choices=("SAME_MONTH", "NEXT_MONTH")),
        "age_reached": Slot("choice", choices=("BIRTHDAY", "DAY_AFTER")),
        "leap_day_birthday": Slot("choice", choices=("FEB_28", "MAR_01")),
        "death_month": Slot("choice", choices=("PAYABLE", "NOT_PAYABLE")),
        "reference_day": Slot("choice", choices=("FIRST_DAY", "LAST_DAY")),
        "arrears_months": Slot("scalar", "month"),
    },
    inputs={
        "birth_date": Column(pl.Date),
        "died_on": Column(pl.Date, nullable=True),
        "registered_on": Column(pl.Date),
        "household_here": Column(pl.Boolean),
        "resident_here": Column(pl.Boolean, former=True),
    },
    steps={"age": pl.Int32, "band": pl.Int32, "base_fen": pl.Int64},
    codes=(*deaths.CODES, "beyond_arrears", "outside_bands"),
    compute=compute,
    tell=tell,
    alternatives=alternatives,
    reasons=reasons,
)

"""What a death means for a monthly payment: nothing after it, and the month of death as the law decides."""

from __future__ import annotations

import polars as pl

from services.subsidy.engine.kinds.base import Failure
from services.subsidy.engine.rules import Rules

CODES = ("died_before_month", "died_in_month")
"""The reasons a death can give."""


def within(rules: Rules) -> pl.Expr:
    """Whether a death lies in the month; null for the living."""
    return pl.col("died_on").is_between(rules.month.first, rules.month.last)


def failures(rules: Rules) -> list[Failure]:
    """Nothing is due after the month of death; in it, as the slot ``death_month`` says."""
    before = pl.col("died_on") < rules.month.first
    unpaid = pl.lit(rules.get("death_month").choice == "NOT_PAYABLE")
    return [
        Failure("died_before_month", before.fill_null(value=False), "death_month"),
        Failure("died_in_month", (within(rules) & unpaid).fill_null(value=False), "death_month"),
    ]

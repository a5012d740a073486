"""The months in which a document takes effect or expires are decided, or nobody is paid for them; and scales go on."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from services.subsidy.engine import Pack, calculate
from services.subsidy.engine.pack import FIRST_MONTH, LAST_MONTH
from services.subsidy.policies.cases import expiring
from shared.clock import Month

Row = dict[str, Any]
SEPTEMBER, OCTOBER, NOVEMBER = Month(2026, 9), Month(2026, 10), Month(2026, 11)
AGE, LAW = "longevity_allowance", "taizhou-2020"


def told(pack: Pack, senior: Row, month: Month) -> tuple[int, str | None]:
    """What is due in a month, and why not."""
    (answer,) = calculate(pack, AGE, month, pl.DataFrame([{"subject_id": "a", **senior}])).to_dicts()
    return answer["amount_fen"], answer["reason"]


@pytest.mark.parametrize(
    ("choice", "october"),
    [(None, (0, FIRST_MONTH)), ("WHOLE_MONTH", (10000, None)), ("NEXT_MONTH", (0, "before_effective_date"))],
)
def test_a_document_of_the_14th_counts_in_that_month_as_was_decided(
    sample: Pack, senior: Row, choice: str | None, october: tuple[int, str | None]
) -> None:
    pack = sample.taking_effect(LAW, date(2026, 10, 14)).changed({FIRST_MONTH: choice})
    assert told(pack, senior, SEPTEMBER) == (0, "before_effective_date")
    assert told(pack, senior, OCTOBER) == october
    assert told(pack, senior, NOVEMBER) == (10000, None)


def test_a_document_of_the_first_asks_nothing(sample: Pack, senior: Row) -> None:
    pack = sample.taking_effect(LAW, date(2026, 10, 1)).changed({FIRST_MONTH: None})
    assert told(pack, senior, OCTOBER) == (10000, None)


@pytest.mark.parametrize(
    ("choice", "october"),
    [(None, (0, LAST_MONTH)), ("WHOLE_MONTH", (10000, None)), ("PREVIOUS_MONTH", (0, "after_expiry_date"))],
)
def test_a_document_that_expires_on_the_14th_counts_in_that_month_as_was_decided(
    sample: Pack, senior: Row, choice: str | None, october: tuple[int, str | None]
) -> None:
    pack = expiring(sample, LAW, date(2026, 10, 14)).changed({LAST_MONTH: choice})
    assert told(pack, senior, SEPTEMBER) == (10000, None)
    assert told(pack, senior, OCTOBER) == october
    assert told(pack, senior, NOVEMBER) == (0, "after_expiry_date")

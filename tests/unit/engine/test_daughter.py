"""What a senior's daughter reads, in both languages: true words, few of them, and who gets the money."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.subsidy.engine import Pack, explain, render
from services.subsidy.engine.plain import said
from shared.clock import Month
from tests.unit.engine.test_whole_subject import residents

OCTOBER = Month(2026, 10)


def test_nothing_is_called_paid_before_anybody_approved_it(sample: Pack, senior: dict[str, Any]) -> None:
    trace = explain(sample, "longevity_allowance", OCTOBER, senior)
    assert said(trace, "zh").headline.startswith("本月应发 ")
    assert said(trace, "en").headline.startswith("Due this month: ")
    assert "Paid" not in render(trace, "en")


def test_who_is_too_young_hears_her_age_and_the_age_that_is_asked_for(sample: Pack, senior: dict[str, Any]) -> None:
    trace = explain(sample, "longevity_allowance", OCTOBER, senior | {"birth_date": date(1959, 3, 5)})
    assert said(trace, "zh").because == ("已满67周岁,还没有满80周岁",)
    assert said(trace, "en").because == ("67 years old, not yet 80",)


@pytest.mark.parametrize(("language", "words"), [("zh", ",付给养老机构。"), ("en", ", to the ")])
def test_a_subsidy_to_a_home_says_that_the_home_gets_it(sample: Pack, language: Any, words: str) -> None:
    assert words in said(explain(sample, "operating_subsidy", OCTOBER, residents("disabled")), language).headline


def test_thirty_residents_are_told_in_as_many_lines_as_there_are_levels(sample: Pack) -> None:
    rows = residents(*["disabled", "partly_disabled", "self_care"] * 10)
    trace = explain(sample, "operating_subsidy", OCTOBER, rows)
    assert len(trace["steps"]) > 90
    for language in ("zh", "en"):
        assert len(render(trace, language).splitlines()) < 40
    assert "(共10处相同)" in render(trace, "zh")
    assert "(the same 10 times)" in render(trace, "en")

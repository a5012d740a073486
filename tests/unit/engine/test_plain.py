"""What somebody is entitled to, in a few plain sentences."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.subsidy.engine import Pack, Packs, explain
from services.subsidy.engine.model import Text
from services.subsidy.engine.plain import Said, beside, nothing_known, said
from services.subsidy.engine.stacking import Claim
from tests.unit.engine.conftest import OCTOBER

Row = dict[str, Any]


@pytest.fixture
def mother(senior: Row) -> Row:
    """85 years old."""
    return senior | {"birth_date": date(1941, 3, 2)}


def test_an_amount_its_reason_and_what_comes_later(east: Pack, mother: Row) -> None:
    trace = explain(east, "allowance", OCTOBER, mother)
    assert said(trace, "zh").text("zh") == (
        "本月应发 60.00 元。到2026年10月31日满85周岁;80至89周岁一档:每月60.00元。"
        "以后:自2031年3月起满90周岁,每月100.00元。"
    )
    assert said(trace, "en").text("en") == (
        "Due this month: 60.00 yuan. 85 years old on 31 October 2026; from 80 to 89 years: 60.00 yuan per month."
        " Later: from March 2031 on, at 90 years: 100.00 yuan per month."
    )


def test_what_is_undecided_is_told_by_who_decides_it(town: Packs, mother: Row) -> None:
    city = town.for_region("321203").taking_effect("law", date(2026, 1, 1))
    trace = explain(city, "allowance", OCTOBER, mother)
    plain, full = said(trace, "zh"), said(trace, "zh", full=True)
    assert (plain.headline, plain.because) == ("本月还不能发放。", ())
    assert plain.text("zh").startswith("本月还不能发放。市里规定不低于50.00元/人·月(80至89周岁);还没有决定:何时起发,")
    assert plain.text("zh").count("还没有决定") == 1
    (decision,) = full.undecided
    assert decision.startswith("由区决定:何时起发;")
    assert full.text("zh").startswith("本月还不能发放。还没有决定的事,由区决定:何时起发;")


def test_a_missing_date_is_told_once(town: Packs, mother: Row) -> None:
    text = said(explain(town.for_region("321203"), "allowance", OCTOBER, mother), "en").text("en")
    assert text.startswith(
        "Nothing can be paid yet: nobody has entered the day from which the document counts. The city grants at least"
    )
    assert text.count("nobody has entered") == 1
    assert "does not say when" not in text


def test_where_nothing_is_on_record_the_way_is_told() -> None:
    needs = [Text(zh="项目", en="item"), Text(zh="费用", en="cost")]
    assert nothing_known("application", needs, "zh").text("zh") == (
        "本月没有。这一项要先申请,本月没有已经受理的申请;申请时要写明:项目、费用。"
    )
    assert nothing_known("meals", (), "en").text("en") == (
        "Nothing this month. No verified meal is on record for this month."
    )


@pytest.mark.parametrize(
    ("reason", "left", "headline", "because"),
    [
        (None, 6000, "本月应发 60.00 元。", "甲"),
        ("stacking_undecided", 0, "本月没有。", "单独算是60.00元;和“奖励”能不能同时享受,还没有人决定,所以先不发放"),
        ("stacking_excluded", 0, "本月没有。", "单独算是60.00元;和“奖励”只能享受一项,选“奖励”合计更多"),
        ("stacking_counted", 1000, "本月应发 10.00 元。", "单独算是60.00元;“奖励”要从里面抵扣,抵扣以后是10.00元"),
        ("stacking_counted", 0, "本月没有。", "单独算是60.00元;“奖励”要从里面抵扣,抵扣以后是0.00元"),
    ],
)
def test_beside_another_benefit_what_is_left_is_told(
    east: Pack, reason: str | None, left: int, headline: str, because: str
) -> None:
    name = east.programmes["reward"].name.zh
    claim = Claim("allowance", 6000, left, reason, "reward" if reason else None)
    plain = beside(east, claim, Said("本月应发 60.00 元。", ("甲",)), "zh")
    assert plain.headline == headline
    assert plain.because[0] == because.replace("奖励", name)

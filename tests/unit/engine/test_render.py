"""What a senior's daughter reads, word for word, in both languages."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.subsidy.engine import Pack, Packs, explain, render
from shared.clock import Month
from tests.unit.engine.conftest import OCTOBER

Row = dict[str, Any]
AGE, STAY = "allowance", "operating"
CITY = "按每人每月分别不低于50元、100元的标准发放高龄津贴"
RATE = "失能、自理老年人每人每月补贴不低于200元、50元"
FACTOR = "分别按0.8倍、1.2倍计算"


def told(pack: Pack, programme: str, *rows: Row, month: Month = OCTOBER, full: bool = False) -> tuple[str, str]:
    """The text in Chinese and in English."""
    trace = explain(pack, programme, month, list(rows))
    return render(trace, "zh", full=full), render(trace, "en", full=full)


@pytest.fixture
def mother(senior: Row) -> Row:
    """85 years old."""
    return senior | {"birth_date": date(1941, 3, 2)}


def test_why_it_is_this_much_and_when_it_will_be_more(east: Pack, mother: Row) -> None:
    chinese, english = told(east, AGE, mother)
    assert chinese == (
        "高龄津贴,2026年10月\n"
        "本月应发 60.00 元。\n"
        "计算过程:\n"
        "1. 到2026年10月31日满85周岁\n"
        "   依据《东区通知》一:“津贴自当月起发”(自2026年1月1日起执行)\n"
        "2. 80至89周岁一档:每月60.00元\n"
        "   依据《东区通知》一:“80至89周岁60元,90周岁以上100元”(自2026年1月1日起执行)\n"
        f"   市级规定第一条:“{CITY}”\n"
        "怎样会有变化:\n"
        "1. 自2031年3月起满90周岁,每月100.00元\n"
        "注意:测试用,不是法规"
    )
    assert english == (
        "Old-age allowance, October 2026\n"
        "Due this month: 60.00 yuan.\n"
        "How this was worked out:\n"
        "1. 85 years old on 31 October 2026\n"
        "   Source: Notice of East, clause 一, quoted in Chinese: “津贴自当月起发”; read here as: First month:"
        " paid from the month in which the age is reached (in force since 1 January 2026)\n"
        "2. from 80 to 89 years: 60.00 yuan per month\n"
        "   Source: Notice of East, clause 一, quoted in Chinese: “80至89周岁60元,90周岁以上100元”; read here as:"
        " Amount: 80 to 89 years: 60.00 yuan per person and month; 90 years and over: 100.00 yuan per person and month"
        " (in force since 1 January 2026)\n"
        f"   The city's rule, clause 第一条, quoted in Chinese: “{CITY}”\n"
        "What would change this:\n"
        "1. from March 2031 on, at 90 years: 100.00 yuan per month\n"
        "Note: For tests. No law."
    )


def test_who_moved_away_reads_what_is_asked_and_what_would_help(east: Pack, mother: Row) -> None:
    chinese, english = told(east, AGE, mother | {"household_here": False})
    assert chinese.splitlines()[1:4] == [
        "本月不发放。",
        "原因:",
        "1. 规定要求“符合户籍或居住条件”,本月不符合",
    ]
    assert "已经核对的情况:" in chinese
    assert "1. 登记到本地之后;届时60.00元" in chinese
    assert "1. the rule asks that household or residence is here; this is not so" in english
    assert "What was looked at:" in english
    assert "1. once registered here; then 60.00 yuan" in english


def test_after_a_death_the_family_reads_the_reason_and_no_remedy(east: Pack, mother: Row) -> None:
    unpaid = east.changed({"allowance.death_month": "NOT_PAYABLE"})
    chinese, english = told(unpaid, AGE, mother | {"died_on": date(2026, 10, 31)})
    assert "1. 本月去世,按规定去世当月不发" in chinese
    assert "1. died in this month, and the month of death is not paid" in english
    assert "怎样会有变化" not in chinese
    assert "What would change" not in english


def test_a_home_below_its_grade_reads_the_sentence_and_what_the_grade_would_bring(east: Pack, stay: Row) -> None:
    chinese, english = told(east, STAY, stay | {"grade": 1})
    assert chinese == (
        "运营补贴,2026年10月\n"
        "本月不发放。\n"
        "原因:\n"
        "1. 规定要求“二级以上”,本月不符合\n"
        "   依据《养老服务办法》第二条:“二级以下不享受”\n"
        "怎样会有变化:\n"
        "1. 达到二级之后;届时160.00元\n"
        "注意:测试用,不是法规"
    )
    assert english == (
        "Operating subsidy, October 2026\n"
        "Nothing is paid this month.\n"
        "Why:\n"
        "1. the rule asks that grade two or higher; this is not so\n"
        "   Source: Measures on elder care, clause 第二条, quoted in Chinese: “二级以下不享受”\n"
        "What would change this:\n"
        "1. once grade two is reached; then 160.00 yuan\n"
        "Note: For tests. No law."
    )


def test_a_home_that_lost_its_grade_inside_the_month_reads_which_days_are_lost(east: Pack, stay: Row) -> None:
    chinese, english = told(east, STAY, stay | {"to_day": 10}, stay | {"from_day": 11, "grade": 1})
    assert chinese.splitlines()[1:3] == ["本月应发 77.42 元,付给养老机构。", "为什么不是更多:"]
    assert "1. 规定要求“二级以上”,11日至31日不符合" in chinese
    assert "1日至10日共10天,当月31天:77.42元(算到10日应有77.42元,此前0.00元)" in chinese
    assert "11日至31日共21天:不发" in chinese
    assert english.splitlines()[1:3] == ["Due this month: 77.42 yuan, to the institution.", "Why it is not more:"]
    assert "the rule asks that grade two or higher; this is not so from day 11 to day 31" in english
    assert f"   依据《养老服务办法》第二条:“{RATE}”(自2026年1月1日起执行)" in chinese
    assert f"   依据《养老服务办法》第二条:“{FACTOR}”(自2026年1月1日起执行)" in chinese


def test_what_nobody_decided_is_told_with_who_decides_and_its_sentence(town: Packs, mother: Row) -> None:
    city = town.for_region("321203").taking_effect("law", date(2026, 1, 1))
    chinese, english = told(city, AGE, mother, full=True)
    more = chinese.splitlines().pop(2)
    assert more.startswith("市里规定不低于50.00元/人·月(80至89周岁);还没有决定:何时起发,要由区决定;另有")
    assert (
        "The city grants at least 50.00 yuan per person and month (80 to 89 years); not decided yet: when it" in english
    )
    assert [line for line in chinese.splitlines() if line != more][:5] == [
        "高龄津贴,2026年10月",
        "本月还不能发放。",
        "还没有决定的事:",
        "1. 何时起发(由区决定)",
        f"   依据《养老服务办法》第一条:“{CITY}”",
    ]
    assert chinese.count(CITY) == 1
    assert "1. when it begins (to be decided by the district)" in english


def test_without_an_effective_date_the_text_says_that_and_not_that_a_rule_is_missing(town: Packs, mother: Row) -> None:
    chinese, english = told(town.for_region("321203"), AGE, mother)
    assert chinese.splitlines()[1] == "本月还不能发放:文件从哪一天起施行,还没有人录入。"
    assert english.splitlines()[1] == (
        "Nothing can be paid yet: nobody has entered the day from which the document counts."
    )


def test_before_a_document_counts_nothing_else_matters(east: Pack, mother: Row) -> None:
    chinese, _ = told(east, AGE, mother, month=Month(2025, 12))
    assert "该月在文件施行之前" in chinese
    assert "还没有决定的事" not in chinese


def test_a_meal_subsidy_names_who_gets_the_money_and_what_a_cap_took(sample: Pack, meal: Row) -> None:
    chinese, english = told(sample, "meal_subsidy", meal | {"units": 3})
    assert chinese.splitlines()[1] == "本月应发 7.00 元,付给服务机构。"
    assert "1. 超过每日上限的部分不补" in chinese
    assert "2. 超过每日2份的上限,减去1份" in chinese
    assert english.splitlines()[1] == "Due this month: 7.00 yuan, to the service provider."

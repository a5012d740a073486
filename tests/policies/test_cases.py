"""Every worked case of every pack."""

from __future__ import annotations

from collections import Counter

import pytest

from services.subsidy.policies.cases import Worked
from tests.policies.every_case import CASES


@pytest.mark.parametrize("worked", CASES, ids=[item.case.name for item in CASES])
def test_the_engine_answers_as_worked_out_by_hand(worked: Worked) -> None:
    assert worked.answer == (worked.case.amount, worked.case.outcome, worked.case.reason)
    assert worked.other_steps == {}


def test_names_are_sentences_and_none_is_used_twice() -> None:
    names = Counter((item.file, item.case.name) for item in CASES)
    assert max(names.values()) == 1
    assert all(" " in name and name[0].isupper() for _, name in names)


def test_there_are_cases_enough() -> None:
    per_programme = Counter(item.given.programme for item in CASES)
    assert per_programme["longevity_allowance"] >= 40
    assert per_programme["operating_subsidy"] >= 50
    assert per_programme["meal_subsidy"] >= 15


def test_every_level_grade_and_mode_is_worked_out() -> None:
    """Three levels, four grades, two modes: the 24 amounts that follow from clause 二(五)."""
    full = [item.rows[0] for item in CASES if item.given.programme == "operating_subsidy"]
    seen = {(row["care_level"], row["grade"], row["mode"]) for row in full}
    wanted = {
        (level, grade, mode)
        for level in ("disabled", "partly_disabled", "self_care")
        for grade in (2, 3, 4, 5)
        for mode in ("private", "public_built_private_run")
    }
    assert wanted <= seen


def test_every_reason_the_programmes_can_give_is_worked_out() -> None:
    given = {item.case.reason for item in CASES if item.case.reason}
    assert {
        "human_hold", "missing_input", "effective_date_missing", "before_effective_date", "nothing_due",
        "died_before_month", "died_in_month", "beyond_arrears", "outside_bands", "not_a_local",
        "days_impossible", "days_counted_twice", "state_unknown", "part_month",
        "listed", "wrong_mode", "grade_too_low",
        "outside_month", "units_impossible", "over_daily_cap", "over_monthly_cap",
    } <= given  # fmt: skip

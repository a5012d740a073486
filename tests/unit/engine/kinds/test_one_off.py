"""An amount paid once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.engine.kinds.law import Row, assert_fair, bands, judged, law, scalar, table

ONCE = law("one_off", {"amount": scalar(1000)})
BY_LEVEL = law("one_off", {"amount": table("skill", {1: 500, 2: "1000.50"})}, {"skill": "number?"})
BY_SCORE = law("one_off", {"amount": bands("score", (80, 89, 3000), (90, None, 5000))}, {"score": "number"})


@pytest.mark.parametrize(
    ("paid_before", "answer"),
    [
        (False, (100000, "paid", None)),
        (True, (0, "not_eligible", "already_paid")),
        (None, (0, "held", "missing_input")),
    ],
)
def test_it_is_paid_once(paid_before: bool | None, answer: tuple[int, str, str | None]) -> None:
    assert judged(ONCE, {"paid_before": paid_before}) == [answer]


def test_what_was_paid_before_says_so_even_where_no_amount_is_known() -> None:
    assert judged(BY_LEVEL, {"paid_before": True, "skill": None}) == [(0, "not_eligible", "already_paid")]


@pytest.mark.parametrize(
    ("skill", "answer"),
    [
        (1, (50000, "paid", None)),
        (2, (100050, "paid", None)),
        (3, (0, "not_eligible", "outside_table")),
        (None, (0, "held", "state_unknown")),
    ],
)
def test_the_amount_goes_by_the_level(skill: int | None, answer: tuple[int, str, str | None]) -> None:
    assert judged(BY_LEVEL, {"paid_before": False, "skill": skill}) == [answer]


@pytest.mark.parametrize(("score", "fen"), [(79, 0), (80, 300000), (89, 300000), (90, 500000), (1000, 500000)])
def test_a_reward_goes_by_the_score(score: int, fen: int) -> None:
    assert judged(BY_SCORE, {"paid_before": False, "score": score})[0][0] == fen


def test_a_subject_that_stands_there_twice_is_paid_by_nobody_until_somebody_looks() -> None:
    twice = {"subject_id": "w-1", "paid_before": False}
    other = {"subject_id": "w-2", "paid_before": False}
    held = (0, "held", "counted_twice")
    assert judged(ONCE, twice, other, twice) == [held, (100000, "paid", None), held]


def test_a_row_that_is_not_paid_makes_no_second_one() -> None:
    due = {"subject_id": "w-1", "paid_before": False}
    paid = (100000, "paid", None)
    assert judged(ONCE, due, {**due, "paid_before": True}) == [paid, (0, "not_eligible", "already_paid")]
    assert judged(ONCE, due, {**due, "on_hold": True}) == [paid, (0, "held", "human_hold")]
    assert judged(ONCE, due, {**due, "paid_before": None}) == [paid, (0, "held", "missing_input")]


ROWS = st.fixed_dictionaries(
    {"paid_before": st.sampled_from([True, False, None]), "skill": st.sampled_from([0, 1, 2, None])}
)


@settings(max_examples=25)
@given(st.lists(ROWS, min_size=1, max_size=6))
def test_a_batch_is_its_rows(rows: list[Row]) -> None:
    for row, (amount, _, _) in zip(rows, assert_fair(BY_LEVEL, rows), strict=True):
        assert amount == ({1: 50000, 2: 100050}.get(row["skill"], 0) if row["paid_before"] is False else 0)

"""A fixed amount per month."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.subsidy.engine import Pack
from tests.unit.engine.kinds.law import Row, Value, assert_fair, bands, choice, judged, law, scalar, table

DIED = st.none() | st.sampled_from([date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1)])


def monthly(amount: Value, death_month: str = "PAYABLE", inputs: dict[str, str] | None = None, **more: Any) -> Pack:
    """A monthly benefit."""
    uses = {"amount": amount, "reference_day": choice("FIRST_DAY"), "death_month": choice(death_month)}
    return law("fixed_monthly", uses, inputs, **more)


CLASSES = monthly(table("service_class", {"subsidised": 100, "universal": "30.01"}), inputs={"service_class": "code?"})


def test_everybody_gets_the_one_figure() -> None:
    assert judged(monthly(scalar("0.01")), {}, {}) == [(1, "paid", None)] * 2


def test_an_amount_of_zero_is_told() -> None:
    assert judged(monthly(scalar(0)), {}) == [(0, "not_eligible", "nothing_due")]


@pytest.mark.parametrize(
    ("died_on", "kept", "refused"),
    [
        (date(2026, 9, 30), (0, "not_eligible", "died_before_month"), (0, "not_eligible", "died_before_month")),
        (date(2026, 10, 1), (5000, "paid", None), (0, "not_eligible", "died_in_month")),
        (date(2026, 10, 31), (5000, "paid", None), (0, "not_eligible", "died_in_month")),
        (date(2026, 11, 1), (5000, "paid", None), (5000, "paid", None)),
        (None, (5000, "paid", None), (5000, "paid", None)),
    ],
)
def test_the_month_of_death_is_as_the_city_decided(died_on: date | None, kept: Any, refused: Any) -> None:
    row = {"died_on": died_on}
    assert judged(monthly(scalar(50)), row) == [kept]
    assert judged(monthly(scalar(50), "NOT_PAYABLE"), row) == [refused]


def test_a_subject_that_stands_there_twice_is_held_in_all_its_rows() -> None:
    pack, twice = monthly(scalar(50)), {"subject_id": "s-1"}
    held = (0, "held", "counted_twice")
    assert judged(pack, twice, {"subject_id": "s-2"}, twice) == [held, (5000, "paid", None), held]
    assert judged(pack, twice, {**twice, "on_hold": True})[0] == (5000, "paid", None)


def test_each_class_has_its_amount() -> None:
    rows: list[Row] = [{"service_class": name} for name in ("subsidised", "universal", "other", None)]
    assert judged(CLASSES, *rows) == [
        (10000, "paid", None),
        (3001, "paid", None),
        (0, "not_eligible", "outside_table"),
        (0, "held", "state_unknown"),
    ]


def test_a_column_that_must_be_given_holds_the_row() -> None:
    pack = monthly(table("service_class", {"subsidised": 100}), inputs={"service_class": "code"})
    assert judged(pack, {"service_class": None}) == [(0, "held", "missing_input")]


@pytest.mark.parametrize(
    ("score", "answer"),
    [
        (59, (0, "not_eligible", "outside_table")),
        (60, (10000, "paid", None)),
        (79, (10000, "paid", None)),
        (80, (20000, "paid", None)),
        (100, (20000, "paid", None)),
        (101, (0, "not_eligible", "outside_table")),
        (-1, (0, "not_eligible", "outside_table")),
        (None, (0, "held", "state_unknown")),
    ],
)
def test_both_ends_of_a_band_belong_to_it(score: int | None, answer: Any) -> None:
    pack = monthly(bands("score", (60, 79, 100), (80, 100, 200)), inputs={"score": "number?"})
    assert judged(pack, {"score": score}) == [answer]


def test_bands_without_a_column_go_by_age() -> None:
    pack = monthly(bands(None, (80, None, 100)), inputs={"age": "number"})
    assert judged(pack, {"age": 79}, {"age": 80}, {"age": 120}) == [
        (0, "not_eligible", "outside_table"),
        (10000, "paid", None),
        (10000, "paid", None),
    ]


def test_keys_that_are_numbers_are_numbers() -> None:
    pack = monthly(table("level", {0: 1, 4: 5}), inputs={"level": "number"})
    assert [amount for amount, _, _ in judged(pack, {"level": 0}, {"level": 4}, {"level": 3})] == [100, 500, 0]


def test_a_row_a_condition_refuses_is_told_of_that_alone() -> None:
    condition = {
        "code": "not_local", "label": {"zh": "本地", "en": "local"}, "test": "is_true", "column": "local",
        "remedy": {"zh": "无", "en": "none"}, "document": "paper", "clause": "two", "quotation": "locals",
    }  # fmt: skip
    pack = monthly(
        table("service_class", {"subsidised": 100}),
        inputs={"service_class": "code?", "local": "yes_no"},
        conditions=[condition],
    )
    assert judged(pack, {"service_class": None, "local": False}) == [(0, "not_eligible", "not_local")]


@settings(max_examples=25)
@given(
    st.sampled_from(["PAYABLE", "NOT_PAYABLE"]),
    st.lists(
        st.fixed_dictionaries(
            {"died_on": DIED, "service_class": st.sampled_from(["subsidised", "universal", "other", None])}
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_a_batch_is_its_rows(death_month: str, rows: list[Row]) -> None:
    fen = {"subsidised": 10000, "universal": 3750}
    pack = monthly(
        table("service_class", {"subsidised": 100, "universal": "37.50"}), death_month, {"service_class": "code?"}
    )
    first_unpaid = date(2026, 11, 1) if death_month == "NOT_PAYABLE" else date(2026, 10, 1)
    for row, (amount, _, _) in zip(rows, assert_fair(pack, rows), strict=True):
        alive = row["died_on"] is None or row["died_on"] >= first_unpaid
        assert amount == (fen.get(row["service_class"] or "", 0) if alive else 0)

"""A base times factors, rounded once."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.subsidy.engine import Pack
from tests.unit.engine.kinds.law import (
    Row,
    Value,
    assert_fair,
    bands,
    calculated,
    judged,
    law,
    scalar,
    table,
)

FACTOR = "factor"
CONTENT = table("content", {"full": "1.5", "basic": "0.8"}, FACTOR)
VISITS = bands("visits", (0, 99, "0.5"), (100, None, "1.25"), unit=FACTOR)
INPUTS = {"content": "code?", "visits": "number?"}


def centre(amount: Value, *factors: Value, inputs: dict[str, str] | None = None) -> Pack:
    """A benefit with factors."""
    return law("base_times_factors", {"amount": amount, "factors": list(factors)}, inputs or INPUTS)


TWO = centre(scalar(1000), CONTENT, VISITS)


@pytest.mark.parametrize(
    ("content", "visits", "answer"),
    [
        ("full", 99, (75000, "paid", None)),
        ("full", 100, (187500, "paid", None)),
        ("basic", 0, (40000, "paid", None)),
        ("basic", -1, (0, "not_eligible", "outside_table")),
        ("none", 100, (0, "not_eligible", "outside_table")),
        (None, 100, (0, "held", "state_unknown")),
        ("full", None, (0, "held", "state_unknown")),
        ("none", None, (0, "held", "state_unknown")),
    ],
)
def test_every_factor_counts(content: str | None, visits: int | None, answer: Any) -> None:
    assert judged(TWO, {"content": content, "visits": visits}) == [answer]


@pytest.mark.parametrize(
    ("base", "fen"),
    [("0.01", 1), ("0.02", 2), ("0.03", 2), ("0.05", 4), ("0.06", 5), ("0.10", 8)],
)
def test_half_a_fen_is_rounded_up(base: str, fen: int) -> None:
    pack = centre(scalar(base), table("content", {"full": "0.75"}, FACTOR))
    assert judged(pack, {"content": "full"})[0][0] == fen


def test_the_rounding_happens_once_at_the_end() -> None:
    """0.01 x 0.5 x 0.5 x 4 is 0.01; rounded after each factor it would be 0.04."""
    halves = table("content", {"full": "0.5"}, FACTOR)
    pack = centre(
        scalar("0.01"),
        halves,
        table("again", {"full": "0.5"}, FACTOR),
        table("more", {"full": 4}, FACTOR),
        inputs={"content": "code", "again": "code", "more": "code"},
    )
    assert judged(pack, {"content": "full", "again": "full", "more": "full"}) == [(1, "paid", None)]


def test_five_large_factors_on_a_large_base_stay_exact() -> None:
    names = ["content", "visits", "quality", "evaluation", "grade"]
    pack = centre(
        scalar("99999999.99"),
        *(table(name, {"top": "9.99"}, FACTOR) for name in names),
        inputs=dict.fromkeys(names, "code"),
    )
    exact = (Decimal("99999999.99") * Decimal("9.99") ** 5 * 100).quantize(Decimal(1), ROUND_HALF_UP)
    assert judged(pack, dict.fromkeys(names, "top")) == [(int(exact), "paid", None)]


def test_two_factors_may_be_read_from_one_column() -> None:
    pack = centre(
        scalar(100), bands("visits", (0, None, 2), unit=FACTOR), bands("visits", (0, 9, 3), (10, None, 5), unit=FACTOR)
    )
    result = calculated(pack, [{"visits": 9}, {"visits": 10}])
    assert result["amount_fen"].to_list() == [60000, 100000]
    assert result["factor_benefit.factors_1"].to_list() == [300, 500]


def test_a_factor_of_zero_pays_nothing_and_says_so() -> None:
    pack = centre(scalar(100), table("content", {"full": 0}, FACTOR))
    assert judged(pack, {"content": "full"}) == [(0, "not_eligible", "nothing_due")]


def test_percent_and_factor_mean_the_same() -> None:
    packs = [
        centre(scalar(100), table("content", {"full": value}, unit)) for value, unit in ((80, "%"), ("0.8", FACTOR))
    ]
    assert [judged(pack, {"content": "full"}) for pack in packs] == [[(8000, "paid", None)]] * 2


def test_the_base_may_be_looked_up_too() -> None:
    pack = centre(table("grade", {1: 100, 2: 200}), CONTENT, inputs={"content": "code", "grade": "number"})
    rows: list[Row] = [{"content": "full", "grade": grade} for grade in (1, 2, 3)]
    assert [amount for amount, _, _ in judged(pack, *rows)] == [15000, 30000, 0]


ROWS = st.fixed_dictionaries(
    {
        "content": st.sampled_from(["full", "basic", "none", None]),
        "visits": st.sampled_from([None, -1, 0, 99, 100, 2**60]),
    }
)
FULL = {"full": Decimal("1.5"), "basic": Decimal("0.8")}


@settings(max_examples=25)
@given(st.decimals(0, 1000, places=2), st.lists(ROWS, min_size=1, max_size=6))
def test_a_batch_is_its_rows(base: Decimal, rows: list[Row]) -> None:
    pack = centre(scalar(base), CONTENT, VISITS)
    for row, (amount, _, _) in zip(rows, assert_fair(pack, rows), strict=True):
        content, visits = FULL.get(row["content"] or ""), row["visits"]
        wanted = Decimal(0)
        if content is not None and visits is not None and visits >= 0:
            wanted = base * content * (Decimal("0.5") if visits < 100 else Decimal("1.25")) * 100
        assert amount == int(wanted.quantize(Decimal(1), ROUND_HALF_UP))


def test_a_product_no_column_can_hold_pays_nothing_and_stops_no_batch() -> None:
    pack = centre(scalar(10**12), table("content", {"full": 10**6, "basic": 1}, FACTOR))
    assert [amount for amount, _, _ in judged(pack, {"content": "full"}, {"content": "basic"})] == [0, 10**14]

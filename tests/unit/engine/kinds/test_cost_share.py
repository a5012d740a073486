"""A share of a cost up to a ceiling, split between city and district."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.subsidy.engine import Pack, calculate
from tests.unit.engine.kinds.law import (
    OCTOBER,
    Answer,
    Row,
    assert_fair,
    calculated,
    choice,
    judged,
    law,
    scalar,
    table,
)

PER_ITEM = "CNY/item"


def retrofit(share: object = "0.8", city: object = "0.5", repeat: str = "ONCE", **ceilings: object) -> Pack:
    """A retrofit with one or more items."""
    uses = {
        "share": scalar(share, "factor"),
        "ceiling": table("item", ceilings or {"rail": 100}, PER_ITEM),
        "city_share": scalar(city, "factor"),
        "repeat": choice(repeat),
    }
    return law("cost_share", uses)


RAIL = retrofit()


@pytest.mark.parametrize(
    ("cost_fen", "answer"),
    [
        (1, (1, "paid", None)),
        (12499, (9999, "paid", None)),
        (12500, (10000, "paid", None)),
        (12501, (10000, "paid", "over_ceiling")),
        (10**18, (10000, "paid", "over_ceiling")),
        (2**63 - 1, (10000, "paid", "over_ceiling")),
        (0, (0, "not_eligible", "nothing_due")),
        (-1, (0, "held", "cost_impossible")),
        (None, (0, "held", "missing_input")),
    ],
)
def test_the_share_is_paid_up_to_the_ceiling(cost_fen: int | None, answer: Answer) -> None:
    assert judged(RAIL, {"item": "rail", "cost_fen": cost_fen, "item_paid_before": False}) == [answer]


@pytest.mark.parametrize(("cost_fen", "fen"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_half_a_fen_is_rounded_up(cost_fen: int, fen: int) -> None:
    assert judged(retrofit("0.5"), {"item": "rail", "cost_fen": cost_fen, "item_paid_before": False})[0][0] == fen


def test_an_item_without_a_ceiling_gets_nothing() -> None:
    assert judged(RAIL, {"item": "lift", "cost_fen": 100, "item_paid_before": False}) == [
        (0, "not_eligible", "outside_table")
    ]
    assert judged(RAIL, {"item": None, "cost_fen": 100, "item_paid_before": False}) == [(0, "held", "missing_input")]


def test_each_item_has_its_ceiling() -> None:
    pack = retrofit("1", rail=100, bed="2000.01")
    rows: list[Row] = [{"item": item, "cost_fen": 10**6, "item_paid_before": False} for item in ("rail", "bed")]
    assert [amount for amount, _, _ in judged(pack, *rows)] == [10000, 200001]


@pytest.mark.parametrize(
    ("city", "cost_fen", "parts"),
    [
        ("0.5", 10, (4, 4)),
        ("0.5", 9, (4, 3)),
        ("0.5", 1, (1, 0)),
        ("0.34", 10**9, (3400, 6600)),
        ("0", 10, (0, 8)),
        ("1", 10, (8, 0)),
        ("1.2", 10, (8, 0)),
        ("1.01", 10**9, (10000, 0)),
    ],
)
def test_the_district_bears_what_the_city_does_not(city: str, cost_fen: int, parts: tuple[int, int]) -> None:
    result = calculated(retrofit(city=city), [{"item": "rail", "cost_fen": cost_fen, "item_paid_before": False}])
    assert result.select("city_fen", "district_fen").rows() == [parts]
    assert result["amount_fen"][0] == sum(parts)


@pytest.mark.parametrize(
    "row",
    [
        {"item": "rail", "cost_fen": -1, "item_paid_before": False},
        {"item": "lift", "cost_fen": 100, "item_paid_before": False},
        {"item": "rail", "cost_fen": None, "item_paid_before": False},
        {"item": "rail", "cost_fen": 100, "item_paid_before": False, "on_hold": True},
    ],
)
def test_where_nothing_is_paid_nobody_bears_anything(row: Row) -> None:
    result = calculated(RAIL, [row])
    assert result.select("granted_fen", "city_fen", "district_fen", "amount_fen").rows() == [(None, None, None, 0)]


def test_the_share_may_go_by_a_fact_of_the_household() -> None:
    uses: dict[str, Any] = {
        "share": table("economic_status", {"destitute": 1, "low_income": "0.5"}, "factor"),
        "ceiling": table("item", {"rail": 100}, PER_ITEM),
        "city_share": scalar("0.5", "factor"),
        "repeat": choice("ONCE"),
    }
    pack = law("cost_share", uses, {"economic_status": "code?"})
    rows: list[Row] = [
        {"item": "rail", "cost_fen": 1000, "item_paid_before": False, "economic_status": status}
        for status in ("destitute", "low_income", "ordinary", None)
    ]
    assert judged(pack, *rows) == [
        (1000, "paid", None),
        (500, "paid", None),
        (0, "not_eligible", "outside_table"),
        (0, "held", "state_unknown"),
    ]


BAR: Row = {"subject_id": "h", "item": "rail", "cost_fen": 1000, "item_paid_before": False}
PAID = (800, "paid", None)
TWICE = (0, "held", "counted_twice")
BEFORE = (0, "not_eligible", "already_paid")


def test_an_item_that_was_paid_before_is_paid_once() -> None:
    assert judged(RAIL, BAR | {"item_paid_before": True}) == [BEFORE]
    assert judged(retrofit(repeat="AGAIN"), BAR | {"item_paid_before": True}) == [PAID]
    assert judged(RAIL, BAR | {"item_paid_before": None}) == [(0, "held", "missing_input")]


def test_an_item_that_stands_twice_is_held_in_all_its_rows() -> None:
    both = retrofit(rail=100, bed=100)
    rows = [BAR, BAR | {"cost_fen": 500}, BAR | {"item": "bed"}, BAR | {"subject_id": "other"}]
    assert judged(both, *rows) == [TWICE, TWICE, PAID, PAID]
    assert judged(retrofit(repeat="AGAIN"), BAR, BAR) == [PAID, PAID]


@pytest.mark.parametrize("useless", [{"item_paid_before": True}, {"cost_fen": -1}, {"on_hold": True}])
def test_a_row_that_is_not_paid_holds_no_other(useless: Row) -> None:
    assert judged(RAIL, BAR, BAR | useless)[0] == PAID


def test_a_pack_that_never_asked_pays_as_it_did() -> None:
    """Of a snapshot from before the decision was asked for; its rows carry no such column."""
    law_now = RAIL.content.programmes["benefit"]
    before = law_now.model_copy(update={"uses": {k: v for k, v in law_now.uses.items() if k != "repeat"}})
    old = Pack(RAIL.content.model_copy(update={"programmes": {"benefit": before}}))
    assert judged(old, BAR, BAR) == [PAID, PAID]


def test_a_batch_that_does_not_say_what_was_paid_before_is_refused() -> None:
    rows = pl.DataFrame([{name: fact for name, fact in BAR.items() if name != "item_paid_before"}])
    with pytest.raises(ValueError, match="item_paid_before"):
        calculate(RAIL, "benefit", OCTOBER, rows)


ROWS = st.fixed_dictionaries(
    {
        "item": st.sampled_from(["rail", "lift", None]),
        "cost_fen": st.none() | st.integers(-2, 30000) | st.integers(10**17, 2**63 - 1),
        "item_paid_before": st.just(value=False),
    }
)


@settings(max_examples=40)
@given(st.integers(0, 100), st.integers(0, 100), st.lists(ROWS, min_size=1, max_size=6))
def test_a_batch_is_its_rows(share: int, city: int, rows: list[Row]) -> None:
    pack = retrofit(Decimal(share) / 100, Decimal(city) / 100)
    answers = assert_fair(pack, rows)
    parts = calculated(pack, rows).select("city_fen", "district_fen").rows()
    for row, (amount, _, _), (of_city, of_district) in zip(rows, answers, parts, strict=True):
        if row["item"] != "rail" or row["cost_fen"] is None or row["cost_fen"] < 0:
            assert (amount, of_city, of_district) == (0, None, None)
            continue
        assert amount == min((2 * row["cost_fen"] * share + 100) // 200, 10000)
        assert of_city == (2 * amount * city + 100) // 200
        assert of_city + of_district == amount
        assert of_district >= 0

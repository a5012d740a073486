"""Every kind tells its steps in words, with their source, and what would change the answer."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from services.subsidy import engine
from services.subsidy.engine import Pack, explain, render
from services.subsidy.engine.kinds import KINDS
from tests.unit.engine.kinds.law import LABELS, OCTOBER, Row, bands, choice, law, mapping, scalar, table

SCHEMA = json.loads((Path(engine.__file__).parent / "trace.schema.json").read_text(encoding="utf-8"))
DECIDED = {"reference_day": choice("FIRST_DAY"), "death_month": choice("PAYABLE")}
STATUS = table("economic_status", {"destitute": 300, "hard_up": 200}, "CNY/person/month")
MONTHLY = law("fixed_monthly", {"amount": STATUS, **DECIDED}, {"economic_status": "code"})
PLAIN = law("fixed_monthly", {"amount": scalar(50, "CNY/voucher/month"), **DECIDED})
REWARD = law("one_off", {"amount": bands("score", (60, 79, 100), (80, None, 200))}, {"score": "number"})
BEDS = law(
    "per_bed_once",
    {
        "own": table("bed_type", {"nursing": 15000}, "CNY/bed"),
        "leased": table("bed_type", {"nursing": 7500}, "CNY/bed"),
        "minimum_lease_years": scalar(5, "year"),
    },
)
CENTRE = law(
    "base_times_factors",
    {"amount": scalar(1000, "CNY/centre/month"), "factors": [table("grade", {3: "0.5", 4: "1.25"}, "factor")]},
    {"grade": "number"},
)
RETROFIT = law(
    "cost_share",
    {
        "share": scalar("0.8", "factor"),
        "ceiling": table("item", {"nursing": 100}, "CNY/item"),
        "city_share": scalar("0.3", "factor"),
        "repeat": choice("ONCE"),
    },
)
BATHS = law(
    "per_unit_with_caps",
    {"amount": table("item", {"home": 60, "pick_up": 40}, "CNY/bath"), "yearly_cap": scalar(3, "bath/year")},
    {"item": "code"},
)
BED: Row = {"bed_type": "nursing", "approved_beds": 10, "beds_paid_before": 4, "tenure": "own"}
LEASE = {"tenure": "leased", "lease_from": date(2020, 2, 29), "lease_to": date(2025, 2, 28)}
BATH = {"service_date": date(2026, 10, 5), "units": 4, "row_key": "a", "item": "pick_up", "used_in_year": 0}
TOLD: list[tuple[Pack, Row, list[str]]] = [
    (MONTHLY, {"economic_status": "hard_up"}, ["经济状况为经济困难:200.00元/人·月"]),
    (PLAIN, {}, ["标准:50.00元/券·月"]),
    (REWARD, {"paid_before": False, "score": 79}, ["得分为79,60至79一档:100.00元/人"]),
    (REWARD, {"paid_before": False, "score": 80}, ["得分为80,80以上一档:200.00元/人"]),
    (BEDS, BED, ["护理型床位核定10张,此前已补4张,本次6张", "自有产权用房,护理型床位:6张,每张15000.00元"]),
    (
        BEDS,
        BED | LEASE,
        [
            "护理型床位核定10张,此前已补4张,本次6张",
            "租期自2020年2月29日至2025年2月28日,须满5年",
            "租赁用房,护理型床位:6张,每张7500.00元",
        ],
    ),
    (
        CENTRE,
        {"grade": 3},
        ["标准:1000.00元/中心·月", "机构等级为3:乘以0.5", "相乘并四舍五入到分:500.00元"],
    ),
    (
        RETROFIT,
        {"item": "nursing", "cost_fen": 20001, "item_paid_before": False},
        [
            "费用200.01元的80%:160.01元",
            "护理型最高100.00元",
            "其中市级承担30%:30.00元;县(市、区)承担70.00元",
        ],
    ),
    (BATHS, BATH, ["核实4份", "超过每年3份的上限,减去1份", "项目为接送:3份,每份40.00元"]),
]


def told(pack: Pack, *rows: Row) -> dict[str, Any]:
    """A trace that fits its published schema, in words without holes."""
    trace = explain(pack, "benefit", OCTOBER, [{"subject_id": "s-1", **row} for row in rows])
    jsonschema.validate(trace, SCHEMA)
    chinese, english = render(trace, "zh"), render(trace, "en")
    assert "None" not in chinese + english
    assert "{" not in chinese + english
    assert not re.search("[一-鿿]", re.sub("《.*?》|“.*?”", "", english).replace("无", ""))
    return trace


@pytest.mark.parametrize(("pack", "row", "lines"), TOLD)
def test_each_step_is_told(pack: Pack, row: Row, lines: list[str]) -> None:
    assert [step["text"]["zh"] for step in told(pack, row)["steps"]] == lines


@pytest.mark.parametrize(("pack", "row", "lines"), TOLD)
def test_every_figure_of_the_law_names_its_sentence(pack: Pack, row: Row, lines: list[str]) -> None:
    sourceless = {step["code"] for step in told(pack, row)["steps"] if step["source"] is None}
    assert sourceless <= {"beds", "units", "product"}


@pytest.mark.parametrize(("tenure", "parameter"), [({}, "benefit.own_0"), (LEASE, "benefit.leased_0")])
def test_the_amount_per_bed_names_the_sentence_on_these_premises(tenure: Row, parameter: str) -> None:
    assert told(BEDS, BED | tenure)["steps"][-1]["source"]["parameter"] == parameter


@pytest.mark.parametrize(
    ("pack", "row", "code"),
    [
        (BEDS, BED | {"bed_type": "ordinary"}, "outside_table"),
        (BEDS, BED | {"bed_type": "ordinary", "approved_beds": None}, "missing_input"),
        (BEDS, BED | {"bed_type": "ordinary", "tenure": "lent"}, "tenure_unknown"),
        (BEDS, BED | LEASE | {"lease_to": None}, "lease_unknown"),
        (MONTHLY, {"economic_status": "ordinary"}, "outside_table"),
        (MONTHLY, {"economic_status": "ordinary", "on_hold": True}, "human_hold"),
        (REWARD, {"paid_before": True, "score": 60}, "already_paid"),
        (RETROFIT, {"item": "nursing", "cost_fen": -1, "item_paid_before": False}, "cost_impossible"),
        (RETROFIT, {"item": "ordinary", "cost_fen": 1, "item_paid_before": False}, "outside_table"),
        (BATHS, BATH | {"units": -1}, "units_impossible"),
        (BATHS, BATH | {"item": "nursing"}, "outside_table"),
        (BATHS, BATH | {"item": "nursing", "units": None}, "missing_input"),
    ],
)
def test_one_reason_is_told_and_no_other(pack: Pack, row: Row, code: str) -> None:
    assert [failed["code"] for failed in told(pack, row)["failed_conditions"]] == [code]


@pytest.mark.parametrize(("cost_fen", "cut"), [(12500, []), (12501, ["cut_to_ceiling"])])
def test_a_ceiling_is_told_only_where_it_cuts(cost_fen: int, cut: list[str]) -> None:
    steps = [
        step["code"]
        for step in told(RETROFIT, {"item": "nursing", "cost_fen": cost_fen, "item_paid_before": False})["steps"]
    ]
    assert steps == ["cost_share", *cut, "city_share"]


def changes(pack: Pack, row: Row) -> list[tuple[str, str | None]]:
    """What would change an answer, in Chinese, with the amount."""
    return [(item["text"]["zh"], item["amount"]) for item in told(pack, row)["what_would_change"]]


def test_what_would_change_the_answer_is_worked_out() -> None:
    assert changes(MONTHLY, {"economic_status": "hard_up"}) == [("如果经济状况为特困供养:300.00元", "300.00")]
    assert changes(MONTHLY, {"economic_status": "destitute"}) == []
    assert changes(REWARD, {"paid_before": False, "score": 0}) == [("如果得分为60:100.00元", "100.00")]
    assert changes(REWARD, {"paid_before": False, "score": 60}) == [("如果得分为80:200.00元", "200.00")]
    assert changes(REWARD, {"paid_before": True, "score": 60}) == []
    assert changes(CENTRE, {"grade": 3}) == [("如果机构等级为4:1250.00元", "1250.00")]
    assert changes(BATHS, BATH) == [("如果项目为上门:180.00元", "180.00")]
    assert changes(RETROFIT, {"item": "nursing", "cost_fen": 1, "item_paid_before": False}) == []


def test_a_state_that_is_filled_from_another_fact_can_be_otherwise_too() -> None:
    pack = law(
        "fixed_monthly",
        {"amount": STATUS, **DECIDED},
        {"economic_status": "code?"},
        {"economic_status": mapping("grade", {1: "destitute", 2: "hard_up"})},
    )
    assert changes(pack, {"grade": 2}) == [("如果经济状况为特困供养:300.00元", "300.00")]
    assert changes(pack, {"grade": 1}) == []


def test_a_lease_that_is_too_short_hears_how_long_it_must_run() -> None:
    short = BED | LEASE | {"lease_to": date(2025, 2, 26)}
    assert changes(BEDS, short) == [("租期至2025年2月28日或更晚:45000.00元", "45000.00")]
    assert changes(BEDS, BED | LEASE | {"lease_from": None}) == []


@pytest.mark.parametrize("pack", [MONTHLY, REWARD, BEDS, CENTRE, RETROFIT, BATHS])
def test_a_row_of_nothing_is_told_without_a_step_that_is_not_known(pack: Pack) -> None:
    trace = told(pack, {})
    assert (trace["outcome"], trace["reason"]) == ("held", "missing_input")
    assert {step["code"] for step in trace["steps"]} <= {"units"}


@pytest.mark.parametrize("name", KINDS)
def test_every_word_of_a_kind_is_there_in_both_languages(name: str) -> None:
    kind = KINDS[name]
    assert set(kind.codes) <= set(LABELS.reasons)
    assert set(kind.inputs) <= set(LABELS.columns)
    assert {choice for slot in kind.slots.values() for choice in slot.choices} <= set(LABELS.codes)

"""Why somebody gets what they get."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from services.subsidy import engine
from services.subsidy.engine import Pack, Packs, explain, prove, render
from tests.unit.engine.conftest import OCTOBER

Row = dict[str, Any]
SCHEMA = json.loads((Path(engine.__file__).parent / "trace.schema.json").read_text(encoding="utf-8"))


def checked(pack: Pack, programme: str, *rows: Row) -> dict[str, Any]:
    """A trace that fits its published schema."""
    trace = explain(pack, programme, OCTOBER, list(rows))
    jsonschema.validate(trace, SCHEMA)
    return json.loads(json.dumps(trace))  # type: ignore[no-any-return]  # JSON is any shape


def test_every_step_names_its_sentence(sample: Pack, stay: Row) -> None:
    trace = checked(sample, "operating_subsidy", {**stay, "mode": "public_built_private_run"})
    assert [step["code"] for step in trace["steps"]] == ["typed", "rate", "factor", "factor", "full_month"]
    assert [step["value"] for step in trace["steps"]] == ["disabled", "200.00", "1.2", "0.5", "120.00"]
    quoted = [step["source"]["quotation"] for step in trace["steps"] if step["source"]]
    assert "0.8倍、1.2倍、1.5倍、2倍" in quoted[1]
    assert trace["amount"] == "120.00"


def test_a_district_value_names_the_sentence_of_the_city_it_rests_on(sample: Pack, senior: Row) -> None:
    band = checked(sample, "longevity_allowance", senior)["steps"][1]["source"]
    assert band["document"]["id"] == "sample-321202"
    assert band["semantics"] == "floor"
    assert "不低于50元、100元、300元" in band["basis"]["quotation"]


def test_a_daughter_reads_why_it_is_100_and_not_300(sample: Pack, senior: Row) -> None:
    trace = checked(sample, "longevity_allowance", senior)
    chinese, english = render(trace, "zh"), render(trace, "en")
    assert "本月应发 100.00 元" in chinese
    assert "到2026年10月31日满92周岁" in chinese
    assert "90至99周岁一档:每月100.00元" in chinese
    assert "自2034年3月起满100周岁,每月300.00元" in chinese
    assert "from March 2034 on, at 100 years: 300.00 yuan per month" in english
    assert "They are no law" in english


def test_the_next_birthday_follows_the_rule_on_the_first_month(sample: Pack, senior: Row) -> None:
    later = sample.changed({"longevity_allowance.start_month": "NEXT_MONTH"})
    change = checked(later, "longevity_allowance", {**senior, "birth_date": date(1936, 12, 31)})["what_would_change"]
    assert [(item["month"], item["amount"]) for item in change] == [("2027-01", "100.00")]


def test_a_home_reads_when_and_why_it_lost_its_subsidy(sample: Pack, stay: Row) -> None:
    trace = checked(sample, "operating_subsidy", {**stay, "to_day": 15}, {**stay, "from_day": 16, "listed": True})
    failed = trace["failed_conditions"]
    assert [(item["code"], item["rows"], item["clause"]) for item in failed] == [("listed", [1], "四(十六)")]
    assert "失信养老服务机构取消" in failed[0]["quotation"]
    assert trace["steps"][-1]["text"]["zh"] == "16日至31日共16天:不发"
    assert trace["outcome"] == "paid"
    assert trace["reason"] == "listed"
    assert "信用修复并移出名单之后;届时240.00元" in render(trace, "zh")


def test_all_failed_conditions_are_told_not_only_the_first(sample: Pack, stay: Row) -> None:
    trace = checked(sample, "operating_subsidy", {**stay, "grade": 1, "mode": "public", "listed": True})
    assert [item["code"] for item in trace["failed_conditions"]] == ["listed", "wrong_mode", "grade_too_low"]
    assert trace["amount_fen"] == 0


def test_grade_two_is_what_a_home_of_grade_one_lacks(sample: Pack, stay: Row) -> None:
    change = checked(sample, "operating_subsidy", {**stay, "grade": 1})["what_would_change"]
    assert [item["amount"] for item in change] == ["160.00"]


def test_where_no_single_change_helps_the_remedy_is_told_without_an_amount(sample: Pack, stay: Row) -> None:
    change = checked(sample, "operating_subsidy", {**stay, "mode": "public"})["what_would_change"]
    assert [(item["code"], item["amount"]) for item in change] == [("remedy", None)]


def test_an_undecided_programme_says_what_is_missing_and_who_decides(packs: Packs, meal: Row) -> None:
    trace = checked(packs.for_region("321203000000"), "meal_subsidy", meal)
    assert trace["outcome"] == "not_configured"
    assert next(item["parameter"] for item in trace["missing"]) == "meal_subsidy.amount"
    text = render(trace, "zh", full=True)
    assert "没有写明每餐多少元" in text
    assert "县(市、区)民政部门会同财政部门决定" in text
    assert "三(八)" in text
    assert "the document does not say when it takes effect" in render(trace, "en", full=True)


def test_a_single_undecided_parameter_is_named(sample: Pack, senior: Row) -> None:
    undecided = sample.changed({"longevity_allowance.death_month": None})
    trace = checked(undecided, "longevity_allowance", senior)
    assert trace["reason"] == "longevity_allowance.death_month"
    assert trace["failed_conditions"][0]["text"]["en"] == "not decided yet: Month of death"


def test_a_cap_is_told_with_its_figure(sample: Pack, meal: Row) -> None:
    trace = checked(sample, "meal_subsidy", {**meal, "units": 3})
    assert [step["code"] for step in trace["steps"]] == ["units", "cut_by_day", "per_unit"]
    assert trace["failed_conditions"][0]["outcome"] == "cut"
    assert "为什么不是更多" in render(trace, "zh")


def test_stored_inputs_explain_the_same(sample: Pack, senior: Row) -> None:
    first = checked(sample, "longevity_allowance", senior)
    assert checked(sample, "longevity_allowance", *first["inputs"]) == first


@pytest.mark.parametrize("stored", [10000, 30000])
def test_a_stored_amount_is_proved_or_disproved(sample: Pack, senior: Row, stored: int) -> None:
    proof = prove(sample, "longevity_allowance", OCTOBER, senior, stored)
    assert proof.holds is (stored == 10000)
    assert proof.recomputed_fen == 10000
    assert proof.pack_hash == sample.hash


@pytest.mark.parametrize(
    ("programme", "column"), [("longevity_allowance", "birth_date"), ("operating_subsidy", "to_day")]
)
def test_what_is_not_known_is_not_told_as_a_step(
    sample: Pack, senior: Row, stay: Row, programme: str, column: str
) -> None:
    row = senior if programme == "longevity_allowance" else stay
    trace = checked(sample, programme, {**row, column: None})
    assert trace["steps"] == []
    assert (trace["outcome"], trace["reason"]) == ("held", "missing_input")
    assert "None" not in render(trace, "en")

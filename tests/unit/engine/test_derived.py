"""Assessed levels in a document's own words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from services.subsidy import engine
from services.subsidy.engine import Pack, calculate, explain, render
from tests.unit.engine.conftest import OCTOBER, frame

Row = dict[str, Any]
SCHEMA = json.loads((Path(engine.__file__).parent / "trace.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def assessed(stay: Row) -> Row:
    """A month in a home of grade two, of somebody whose level is known by an assessment alone."""
    return {**{name: value for name, value in stay.items() if name != "care_level"}, "grade": 2}


def judged(pack: Pack, *rows: Row) -> list[tuple[int, str | None]]:
    """Amounts and reasons."""
    return calculate(pack, "operating", OCTOBER, frame(*rows)).select("amount_fen", "reason").rows()


@pytest.mark.parametrize(
    ("level", "answer"),
    [
        (0, (4000, None)),
        (1, (16000, None)),
        (3, (16000, None)),
        (4, (0, "needs_reassessment")),
        (5, (0, "needs_reassessment")),
        (-1, (0, "needs_reassessment")),
        (None, (0, "state_unknown")),
    ],
)
def test_a_level_counts_by_the_mapping(
    east: Pack, assessed: Row, level: int | None, answer: tuple[int, str | None]
) -> None:
    assert judged(east, {**assessed, "assessed_level": level}) == [answer]


def test_without_an_assessment_the_word_itself_is_given(east: Pack, assessed: Row) -> None:
    assert judged(east, {**assessed, "care_level": "self_care"}) == [(4000, None)]
    assert judged(east, {**assessed, "care_level": "needs_reassessment"}) == [(0, "needs_reassessment")]
    with pytest.raises(ValueError, match="operating needs the columns care_level"):
        judged(east, assessed)


def test_an_assessment_outranks_the_word_and_the_first_standard_the_second(east: Pack, assessed: Row) -> None:
    rows: list[Row] = [
        {"assessed_level": 0, "assessed_level_mzt039": 1, "care_level": "disabled"},
        {"assessed_level": None, "assessed_level_mzt039": 1, "care_level": "self_care"},
        {"assessed_level": None, "assessed_level_mzt039": None, "care_level": "self_care"},
    ]
    numbered = [{**assessed, **row, "subject_id": f"a-{index}"} for index, row in enumerate(rows)]
    assert judged(east, *numbered) == [(4000, None), (16000, None), (4000, None)]


def test_a_district_decides_an_older_standard_for_itself(east: Pack, assessed: Row) -> None:
    assert judged(east, {**assessed, "assessed_level_mzt039": 4}) == [(16000, None)]


def test_a_mapping_nobody_decided_pays_nobody_who_needs_it(east: Pack, assessed: Row) -> None:
    empty = east.content.parameters["levels.former"].model_copy(update={"values": ()})
    parameters = east.content.parameters | {"levels.former": empty}
    undecided = Pack(east.content.model_copy(update={"parameters": parameters, "local": {}}))
    assert judged(undecided, {**assessed, "assessed_level_mzt039": 1}) == [(0, "levels.former")]
    assert judged(undecided, {**assessed, "assessed_level": 1}) == [(16000, None)]
    row = {**assessed, "assessed_level_mzt039": 1}
    assert [item["parameter"] for item in explain(undecided, "operating", OCTOBER, row)["missing"]] == ["levels.former"]


def test_the_columns_are_the_same_whether_a_mapping_is_decided_or_not(east: Pack, assessed: Row) -> None:
    undecided = east.changed({"levels.former": None})
    row = frame({**assessed, "assessed_level": 1})
    paid, unpaid = (calculate(pack, "operating", OCTOBER, row) for pack in (east, undecided))
    assert paid.schema.names() == unpaid.schema.names()


def test_the_level_is_told_with_the_sentence_it_rests_on(east: Pack, assessed: Row) -> None:
    trace = explain(east, "operating", OCTOBER, [{**assessed, "assessed_level": 2}])
    jsonschema.validate(json.loads(json.dumps(trace)), SCHEMA)
    first = trace["steps"][0]
    assert (first["code"], first["value"], first["source"]["clause"]) == ("mapped", "disabled", "第三条")
    assert "评估等级(GB/T 42195)为2,按本地规定属于失能" in render(trace, "zh")
    assert explain(east, "operating", OCTOBER, trace["inputs"]) == trace


def test_a_level_that_tells_nothing_is_explained(east: Pack, assessed: Row) -> None:
    trace = explain(east, "operating", OCTOBER, {**assessed, "assessed_level": 4})
    assert (trace["outcome"], trace["reason"]) == ("held", "needs_reassessment")
    assert [item["code"] for item in trace["failed_conditions"]] == ["needs_reassessment"]
    assert "must be done again" in render(trace, "en")

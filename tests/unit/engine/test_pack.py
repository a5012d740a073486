"""Finding the law of a place, naming it, keeping it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.subsidy.engine import POLICIES, Pack, Packs, UnknownRegion, calculate
from services.subsidy.engine.model import Dated, Labels, Text
from shared.clock import Month
from tests.unit.engine.conftest import OCTOBER, frame

Row = dict[str, Any]


@pytest.mark.parametrize(
    ("region", "found"),
    [
        ("321202001000", "321202"),
        ("321202000000", "321202"),
        ("321202", "321202"),
        ("321203000000", "321200"),
        ("321271000000", "321200"),
        ("321200", "321200"),
    ],
)
def test_the_longest_prefix_wins(packs: Packs, region: str, found: str) -> None:
    assert packs.for_region(region).region == found


@pytest.mark.parametrize("region", ["320100000000", "310000", "32", "999999"])
def test_where_no_pack_applies_nothing_is_guessed(packs: Packs, region: str) -> None:
    with pytest.raises(UnknownRegion):
        packs.for_region(region)


def test_a_snapshot_gives_the_same_pack_back(sample: Pack, stay: Row) -> None:
    restored = Pack.restore(sample.snapshot())
    assert restored.hash == sample.hash
    answers = [calculate(pack, "operating_subsidy", OCTOBER, frame(stay)) for pack in (sample, restored)]
    assert answers[0].equals(answers[1])


def test_loading_twice_gives_the_same_hash(packs: Packs) -> None:
    again = Packs.load(POLICIES, [POLICIES / "samples" / "321202"])
    assert [pack.hash for pack in packs] == [pack.hash for pack in again]


def test_every_changed_value_changes_the_hash(sample: Pack) -> None:
    changed = sample.changed({"longevity_allowance.start_month": "NEXT_MONTH"})
    assert changed.hash != sample.hash
    assert len({sample.hash, changed.hash, sample.changed({"meal_subsidy.amount": 4}).hash}) == 3


def test_a_pack_is_found_by_its_hash(packs: Packs, sample: Pack) -> None:
    assert packs.by_hash(sample.hash) is sample
    with pytest.raises(KeyError):
        packs.by_hash("0" * 64)


def test_the_sample_is_marked_and_the_city_is_not(packs: Packs, sample: Pack) -> None:
    assert sample.sample
    assert not packs.for_region("321200").sample
    assert sample.content.note is not None
    assert "no law" in sample.content.note.en


def test_without_the_sample_no_district_is_paid(senior: Row) -> None:
    pack = Packs.load().for_region("321202")
    result = calculate(pack, "longevity_allowance", OCTOBER, frame(senior))
    assert result.select("amount_fen", "outcome", "reason").rows() == [(0, "not_configured", "effective_date_missing")]


@pytest.mark.parametrize(("month", "fen"), [(Month(2026, 6), 6000), (Month(2026, 7), 8000), (Month(2027, 1), 8000)])
def test_a_later_value_counts_from_its_day(sample: Pack, senior: Row, month: Month, fen: int) -> None:
    bands = [{"at_least": 80, "at_most": 99, "value": 80}, {"at_least": 100, "value": 300}]
    raised = sample.changed({"longevity_allowance.amount": bands}, since=date(2026, 7, 1))
    row = frame({**senior, "birth_date": date(1944, 1, 1)})
    assert calculate(raised, "longevity_allowance", month, row)["amount_fen"].to_list() == [fen]


def test_a_value_ends_on_its_last_day(sample: Pack) -> None:
    local = sample.content.local["meal_subsidy.amount"][0].model_copy(update={"until": date(2026, 9, 30)})
    ended = Pack(sample.content.model_copy(update={"local": sample.content.local | {"meal_subsidy.amount": (local,)}}))
    assert ended.resolve("meal_subsidy.amount", date(2026, 9, 30)) is not None
    assert ended.resolve("meal_subsidy.amount", date(2026, 10, 1)) is None


def test_everything_a_pack_says_comes_back_from_its_snapshot(east: Pack) -> None:
    restored = Pack.restore(east.snapshot())
    assert restored == east
    assert restored.hash == east.hash
    relation = restored.relation("allowance", "reward", date(2026, 10, 1))
    assert relation is not None
    assert relation.choice == "HIGHER_OF"
    assert restored.programmes["operating"].mappings() == [
        ("care_level", "levels.national"),
        ("care_level", "levels.former"),
    ]
    mapping = restored.resolve("levels.former", date(2026, 10, 1))
    assert mapping is not None
    assert mapping.mapping[4] == "disabled"


@pytest.mark.parametrize("part", ["targets", "stacking", "parameters", "labels"])
def test_every_part_of_a_pack_is_in_its_hash(east: Pack, part: str) -> None:
    content = getattr(east.content, part)
    less = dict(list(content.items())[1:]) if isinstance(content, dict) else content.model_copy(update={"codes": {}})
    assert Pack(east.content.model_copy(update={part: less})).hash != east.hash


def test_a_programme_is_known_or_not_in_the_text_we_have_or_not_in_the_law(east: Pack) -> None:
    assert east.available("reward") == "known"
    assert east.available("canteen_reward") == "no_rule"
    cut = east.content.documents["law"].model_copy(update={"completeness": "incomplete"})
    partly = Pack(east.content.model_copy(update={"documents": east.content.documents | {"law": cut}}))
    assert (partly.available("reward"), partly.available("canteen_reward")) == ("known", "not_in_available_text")


def test_the_basis_of_a_month_is_only_what_its_answers_rest_on(east: Pack) -> None:
    basis = east.basis("allowance", OCTOBER)
    other = east.content.model_copy(update={"labels": Labels(), "name": Text(zh="甲", en="A"), "targets": {}})
    same = [
        Pack(other),
        east.changed({"reward.amount": 600}),
        east.changed({"allowance.arrears_months": 6}, since=date(2026, 11, 1)),
        _ending(east, date(2026, 11, 30)),
    ]
    assert {pack.basis("allowance", OCTOBER) for pack in same} == {basis}
    different = [
        east.changed({"allowance.arrears_months": 6}),
        east.changed({"allowance.arrears_months": None}),
        east.changed({"stacking.allowance.reward": "ADD"}),
        east.taking_effect("law", date(2026, 2, 1)),
        Pack(east.content.model_copy(update={"formulas": "formulas-0"})),
        _ending(east, date(2026, 9, 30)),
    ]
    assert len({pack.basis("allowance", OCTOBER) for pack in [east, *different]}) == len(different) + 1
    assert east.basis("reward", OCTOBER) != basis


def _ending(pack: Pack, until: date) -> Pack:
    """The same law, whose first month rule ends on a day."""
    local = pack.content.local["allowance.start_month"][0].model_copy(update={"until": until})
    return Pack(pack.content.model_copy(update={"local": pack.content.local | {"allowance.start_month": (local,)}}))


def test_a_grade_stays_a_number_through_json() -> None:
    dated = Dated.model_validate({"since": "document", "table": {2: "0.8", "private": 1}})
    again = Dated.model_validate_json(dated.model_dump_json())
    assert list(again.table or {}) == [2, "private"]

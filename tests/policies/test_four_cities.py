"""What the four further cities say and leave open: 532300, 110000 (a draft), 510900 and 231000 (texts cut off)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.subsidy.engine import Pack, Packs
from services.subsidy.engine.stacking import UNDECIDED, combine
from services.subsidy.engine.targets import state
from services.subsidy.engine.values import is_money
from shared.clock import Month

REGIONS = ("532300", "110000", "510900", "231000")
PACKS = {region: Packs.load().for_region(region) for region in REGIONS}
TODAY = date(2026, 11, 22)
END = {year: date(year, 12, 31) for year in (2018, 2020, 2022, 2025, 2026)}
FIGURES = [
    ("532300", "nursing_bed_share", ("at_least", 60, END[2026], "mandatory")),
    ("532300", "bottom_line_institutions", ("at_least", 1, END[2026], "mandatory")),
    ("532300", "rural_centre_coverage", ("at_least", 65, END[2026], "mandatory")),
    ("532300", "new_street_organisation", ("at_least", 1, END[2026], "mandatory")),
    ("532300", "urban_community_coverage", ("at_least", 90, END[2026], "mandatory")),
    ("532300", "disability_care_nursing_beds", ("at_least", 80, None, "mandatory")),
    ("532300", "new_area_per_100_households", ("at_least", 20, None, "mandatory")),
    ("532300", "new_area_single_site", ("at_least", 300, None, "mandatory")),
    ("532300", "new_area_compliance", ("equal", 100, None, "mandatory")),
    ("532300", "existing_area_per_100_households", ("at_least", 15, None, "mandatory")),
    ("532300", "provision_rectified", ("equal", 100, END[2026], "mandatory")),
    ("532300", "meals_in_every_county", ("equal", 100, None, "mandatory")),
    ("532300", "lottery_share", ("at_least", 55, None, "mandatory")),
    ("532300", "certified_care_workers", ("at_least", 90, None, "mandatory")),
    ("532300", "home_heads_trained", ("equal", 100, END[2026], "mandatory")),
    ("532300", "entry_training", ("equal", 100, END[2026], "mandatory")),
    ("532300", "integrated_per_county", ("at_least", 1, END[2025], "mandatory")),
    ("532300", "integrated_total", ("at_least", 13, END[2025], "mandatory")),
    ("110000", "basic_care_covers_all", ("equal", 100, END[2025], "mandatory")),
    ("110000", "centre_per_street", ("at_least", 1, None, "mandatory")),
    ("110000", "wishing_destitute_placed", ("equal", 100, None, "mandatory")),
    ("110000", "destitute_institution_per_district", ("at_least", 1, END[2025], "mandatory")),
    ("510900", "county_destitute_facility", ("at_least", 1, END[2022], "mandatory")),
    ("510900", "homes_retrofitted", ("equal", 100, END[2020], "mandatory")),
    ("510900", "complex_per_street", ("at_least", 1, END[2022], "aspirational")),
    ("510900", "day_care_coverage", ("at_least", 90, END[2022], "aspirational")),
    ("510900", "monthly_visit_rate", ("equal", 100, END[2022], "mandatory")),
    ("510900", "nursing_bed_share", ("at_least", 50, END[2022], "aspirational")),
    ("510900", "socialised_bed_share", ("at_least", 60, END[2022], "aspirational")),
    ("510900", "major_hazards_cleared", ("equal", 0, None, "mandatory")),
    ("510900", "basic_quality_standard", ("at_least", 80, END[2022], "mandatory")),
    ("510900", "geriatric_departments", ("more_than", 50, END[2022], "mandatory")),
    ("510900", "product_market_per_county", ("at_least", 1, END[2022], "mandatory")),
    ("510900", "smart_site_per_county", ("at_least", 1, END[2022], "mandatory")),
    ("231000", "private_bed_share", ("at_least", 75, END[2020], "aspirational")),
    ("231000", "green_channel", ("equal", 100, None, "mandatory")),
    ("231000", "medical_agreements", ("equal", 100, None, "mandatory")),
    ("231000", "out_of_poverty", ("equal", 100, END[2020], "mandatory")),
    ("231000", "age_friendly_housing", ("equal", 100, None, "mandatory")),
    ("231000", "management_indicators", ("at_least", 90, END[2018], "mandatory")),
]
"""Every figure a target names, read once more from the texts."""
VALUES = [
    ("532300", "funds.lottery_share", 55),
    ("532300", "health_record.minimum_age", 80),
    ("110000", "health_management.minimum_age", 65),
]
"""Every number of the four texts that is no target."""


@pytest.mark.parametrize(("region", "name", "printed"), FIGURES)
def test_a_target_says_what_the_text_says(region: str, name: str, printed: tuple[str, int, date | None, str]) -> None:
    target = PACKS[region].content.targets[f"targets.{name}"]
    value = None if target.value is None else int(target.value)
    assert (target.op, value, target.due_on, target.force) == printed


@pytest.mark.parametrize("region", REGIONS)
def test_no_other_target_has_a_figure(region: str) -> None:
    figures = {f"targets.{name}" for place, name, *_ in FIGURES if place == region}
    assert {name for name, target in PACKS[region].content.targets.items() if target.value is not None} == figures


@pytest.mark.parametrize(("region", "name", "value"), VALUES)
def test_a_number_outside_the_targets_is_the_one_printed(region: str, name: str, value: int) -> None:
    (dated,) = PACKS[region].content.parameters[name].values
    assert (dated.since, dated.value) == ("document", Decimal(value))


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_none_of_the_four_texts_names_an_amount_so_no_pack_does(pack: Pack) -> None:
    numbers = {name for name, each in pack.content.parameters.items() if any(dated.value for dated in each.values)}
    assert numbers == {name for region, name, _ in VALUES if region == pack.region}
    money = [each for each in pack.content.parameters.values() if is_money(each.unit)]
    assert money
    assert [each.id for each in money if each.values] == []


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_levels_are_translated_by_nobody_yet_and_may_ask_for_a_new_assessment(pack: Pack) -> None:
    for name in ("levels.care_level", "levels.care_level_mzt039"):
        mapping = pack.content.parameters[name]
        assert (mapping.values, mapping.choices[-1]) == ((), "needs_reassessment")
        assert mapping.missing_decision is not None


def test_each_city_has_its_own_words_for_the_level_of_care() -> None:
    words = {region: pack.content.parameters["levels.care_level"].choices[1:-1] for region, pack in PACKS.items()}
    assert words == {
        "532300": ("disabled", "demented"),
        "110000": ("disabled", "severely_disabled"),
        "510900": ("semi_disabled", "disabled", "disabled_or_demented"),
        "231000": ("disabled",),
    }


def test_targets_whose_date_is_past_are_overdue_and_stay() -> None:
    overdue = {
        (region, name.removeprefix("targets."))
        for region, pack in PACKS.items()
        for name, target in pack.content.targets.items()
        if target.due_on and state(target, TODAY, Decimal(-1)) == "overdue"
    }
    dated = {(region, name) for region, name, (_, _, due, _) in FIGURES if due and due < TODAY}
    assert dated <= overdue
    assert {region for region, _ in overdue} == set(REGIONS)


def test_one_item_of_a_plan_to_2026_is_due_in_2025_and_another_has_no_date() -> None:
    targets = PACKS["532300"].content.targets
    assert state(targets["targets.integrated_total"], TODAY, Decimal(12)) == "overdue"
    assert state(targets["targets.integrated_total"], TODAY, Decimal(13)) == "reached"
    assert state(targets["targets.nursing_bed_share"], TODAY, Decimal(59)) == "before_due"
    assert state(targets["targets.new_area_compliance"], TODAY, Decimal(99)) == "no_due_date"


def test_a_date_in_the_text_beside_a_continuous_schedule_is_noted_with_both() -> None:
    target = PACKS["231000"].content.targets["targets.private_bed_share"]
    assert target.note is not None
    assert ("到2020年" in target.note.zh, "持续推进" in target.note.zh) == (True, True)
    assert state(target, TODAY, Decimal(75)) == "reached"
    assert state(target, TODAY, Decimal(74)) == "overdue"


def test_more_than_half_is_not_half() -> None:
    target = PACKS["510900"].content.targets["targets.geriatric_departments"]
    assert state(target, TODAY, Decimal(50)) == "overdue"
    assert state(target, TODAY, Decimal(51)) == "reached"


@pytest.mark.parametrize(
    ("region", "answer"),
    [("532300", "no_rule"), ("510900", "not_in_available_text"), ("231000", "not_in_available_text")],
)
def test_a_text_that_is_cut_off_does_not_say_that_there_is_no_rule(region: str, answer: str) -> None:
    assert PACKS[region].available("bath_subsidy") == answer


def test_two_supports_named_together_are_added_and_relief_beside_them_is_undecided() -> None:
    pack = PACKS["532300"].taking_effect("chuxiong-2024", date(2026, 1, 1))
    both = combine(pack, Month(2026, 10), {"destitute_living": 85000, "destitute_nursing": 40000})
    assert both.total_fen == 125000
    stopped = combine(pack, Month(2026, 10), {"destitute_living": 85000, "relief": 80000})
    assert (stopped.total_fen, {claim.reason for claim in stopped.claims.values()}) == (0, {UNDECIDED})


def test_no_rule_on_two_benefits_is_decided_where_the_text_is_silent() -> None:
    for region in ("110000", "510900"):
        pack = PACKS[region]
        assert pack.content.stacking
        assert [name for name in pack.content.stacking if pack.content.parameters[name].values] == []


def test_nobody_asks_who_invested() -> None:
    for code in ("construction_subsidy", "operating_subsidy"):
        programme = PACKS["231000"].programmes[code]
        asked = {
            column
            for condition in programme.conditions
            for key in ("column", "columns", "any_of")
            for column in condition.named(key)
        }
        looked_up = {PACKS["231000"].content.parameters[name].over for name in programme.parameters()}
        assert "investor" in programme.inputs
        assert "profit" in asked
        assert "investor" not in asked | looked_up

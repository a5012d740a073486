"""What 321200 leaves open, what it fixes, and what a sample district decides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import polars as pl
import pytest

from services.subsidy.engine import POLICIES, PackRefused, Packs, calculate
from services.subsidy.engine.columns import columns_of
from services.subsidy.engine.rules import Rules
from services.subsidy.engine.stacking import combine
from services.subsidy.engine.targets import state
from shared.clock import Month

OCTOBER, TODAY = Month(2026, 10), date(2026, 11, 22)
CITY = Packs.load().for_region("321200")
DISTRICT = Packs.load(POLICIES, [POLICIES / "samples" / "321202"]).for_region("321202")
SENIORS = [code for code, programme in CITY.programmes.items() if programme.beneficiary == "senior"]
FIRST_MISSING = {
    "aid_rental": "aid_rental.amount",
    "bath_subsidy": "bath_subsidy.amount",
    "centre_operating_subsidy": "centre_operating_subsidy.amount",
    "community_voucher": "community_voucher.amount",
    "construction_subsidy": "construction_subsidy.newly_added_since",
    "entry_allowance": "entry_allowance.amount",
    "fire_safety_reward": "fire_safety_reward.amount",
    "home_retrofit": "home_retrofit.share",
    "home_service_extension": "home_service_extension.amount",
    "home_service_value": "home_service_value.reference_day",
    "institution_voucher": "institution_voucher.amount",
    "longevity_allowance": "longevity_allowance.start_month",
    "meal_operating_subsidy": "meal_operating_subsidy.amount",
    "meal_subsidy": "meal_subsidy.amount",
    "mutual_aid_reward": "mutual_aid_reward.amount",
    "neighbour_voucher": "neighbour_voucher.amount",
    "operating_subsidy": "operating_subsidy.part_month",
    "respite_care": "respite_care.amount",
    "worker_allowance": "worker_allowance.amount",
}


def test_every_benefit_of_the_text_is_there() -> None:
    assert set(CITY.programmes) == set(FIRST_MISSING)


@pytest.mark.parametrize("code", sorted(FIRST_MISSING))
def test_with_the_date_entered_each_benefit_still_waits_for_a_decision(code: str) -> None:
    programme = CITY.programmes[code]
    columns = {name: column.dtype for name, column in columns_of(programme).items()}
    row = pl.DataFrame({"subject_id": ["a"]}).with_columns(pl.lit(None, dtype).alias(n) for n, dtype in columns.items())
    answer = calculate(CITY.taking_effect("taizhou-2020", date(2026, 1, 1)), code, OCTOBER, row).to_dicts()[0]
    assert (answer["amount_fen"], answer["outcome"], answer["reason"]) == (0, "not_configured", FIRST_MISSING[code])


@pytest.mark.parametrize("code", sorted(FIRST_MISSING))
def test_the_sample_district_decides_all_that_a_benefit_asks(code: str) -> None:
    assert Rules(DISTRICT, DISTRICT.programmes[code], OCTOBER).shut is None


def test_every_silent_point_is_a_parameter_without_a_value() -> None:
    silent = {parameter.id for parameter in CITY.content.parameters.values() if not parameter.values}
    assert silent >= {
        "longevity_allowance.recovery", "operating_subsidy.hospital_leave", "operating_subsidy.minimum_stay",
        "construction_subsidy.newly_added_since", "construction_subsidy.later_beds",
        "construction_subsidy.instalments", "construction_subsidy.repayment", "construction_subsidy.short_lease",
        "home_service_value.carry_over", "home_service_value.prices", "home_service_value.top_up",
        "levels.service_class", "institution_voucher.amount", "institution_voucher.validity_months",
        "bath_subsidy.amount", "bath_subsidy.daily_cap", "bath_subsidy.monthly_cap", "bath_subsidy.prices",
        "bath_subsidy.time_windows", "meal_subsidy.prices", "meal_subsidy.time_windows", "levels.care_level",
        "levels.care_level_mzt039", "assessment.validity_months", "assessment.on_change", "home_retrofit.city_share",
        "home_retrofit.repeat", "mutual_aid_reward.city_share", "budgets.growth", "groups.very_old_age",
    }  # fmt: skip


def test_no_rule_reads_profit_status_or_founder() -> None:
    read: set[str | None] = set()
    for programme in CITY.programmes.values():
        for condition in programme.conditions:
            read |= {condition.column or "", *(condition.columns or {}).values(), *(condition.any_of or ())}
        read |= {CITY.content.parameters[name].over or "" for name in programme.parameters()}
        read |= {CITY.content.parameters[name].over or "" for _, name in programme.mappings()}
    assert "grade" in read
    assert not read & {"profit", "founder", "investor"}


def test_the_four_lists_of_groups_are_not_one() -> None:
    names = ("groups.priority", "groups.visited", "groups.purchase_extension", "groups.advised")
    lists = [frozenset(CITY.content.parameters[name].values[0].members or ()) for name in names]
    assert len(set(lists)) == len(names)


def test_the_text_decides_on_no_pair_and_the_sample_on_every_one() -> None:
    pairs = list(combinations(SENIORS, 2))
    assert len(pairs) == 45
    assert [pair for pair in pairs if CITY.relation(*pair, OCTOBER.first)] == []
    assert [pair for pair in pairs if DISTRICT.relation(*pair, OCTOBER.first) is None] == []


def test_while_a_pair_is_undecided_neither_is_paid() -> None:
    both = combine(CITY, OCTOBER, {"longevity_allowance": 5000, "meal_subsidy": 350})
    assert both.total_fen == 0
    assert {claim.reason for claim in both.claims.values()} == {"stacking_undecided"}


@pytest.mark.parametrize(
    ("due", "paid"),
    [
        ({"longevity_allowance": 6000, "meal_subsidy": 14000}, [6000, 14000]),
        ({"home_service_value": 3000, "home_service_extension": 5000}, [0, 5000]),
        ({"home_service_value": 10000, "institution_voucher": 30000}, [0, 30000]),
        ({"home_service_value": 30000, "community_voucher": 20000}, [10000, 20000]),
        ({"home_service_value": 10000, "community_voucher": 20000}, [0, 20000]),
        ({"community_voucher": 20000, "neighbour_voucher": 10000}, [20000, 0]),
        ({"institution_voucher": 30000, "community_voucher": 20000, "neighbour_voucher": 10000}, [30000, 0, 0]),
        ({"longevity_allowance": 30000, "home_service_value": 10000, "bath_subsidy": 24000}, [30000, 10000, 24000]),
    ],
)
def test_two_benefits_in_one_month_as_the_sample_has_it(due: dict[str, int], paid: list[int]) -> None:
    claims = combine(DISTRICT, OCTOBER, due).claims
    assert [claims[code].amount_fen for code in due] == paid


UNDER = [
    ("construction_subsidy.own", "table: {nursing: 14999.99, ordinary: 10000}", "14999.99 is under the floor of 15000"),
    ("construction_subsidy.own", "table: {nursing: 15000, ordinary: 9999.99}", "9999.99 is under the floor of 10000"),
    ("construction_subsidy.own", "table: {nursing: 15000}", "nothing is under the floor of 10000"),
    ("construction_subsidy.leased", "table: {nursing: 7499.99, ordinary: 5000}", "7499.99 is under the floor of 7500"),
    ("construction_subsidy.leased", "table: {nursing: 7500, ordinary: 4999.99}", "4999.99 is under the floor of 5000"),
    ("operating_subsidy.base", "table: {disabled: 199.99, partly_disabled: 100, self_care: 50}", "the floor of 200"),
    ("operating_subsidy.base", "table: {disabled: 200, partly_disabled: 99.99, self_care: 50}", "the floor of 100"),
    ("operating_subsidy.base", "table: {disabled: 200, partly_disabled: 100, self_care: 49.99}", "the floor of 50"),
    ("home_service_value.amount", "table: {subsidised: 99.99, universal: 30}", "99.99 is under the floor of 100"),
    ("home_service_value.amount", "table: {subsidised: 100, universal: 29.99}", "29.99 is under the floor of 30"),
    ("centre_operating_subsidy.minimum_opening_days", "value: 4", "4 is under the floor of 5"),
    ("funds.lottery_share", "value: 54", "54 is under the floor of 55"),
    ("construction_subsidy.minimum_lease_years", "value: 4", "is fixed exactly by 二(五)"),
    ("construction_subsidy.minimum_operating_years", "value: 2", "is fixed exactly by 二(五)"),
    (
        "operating_subsidy.mode_factor",
        "table: {private: 1, public_built_private_run: 0.51}",
        "is fixed exactly by 二(五)",
    ),
    ("worker_allowance.minimum_years", "value: 1", "is fixed exactly by 三(十一)"),
    ("entry_allowance.minimum_years", "value: 4", "is fixed exactly by 三(十一)"),
]
"""What a district may not set, and the words of the refusal."""
UNDER.append(
    (
        "longevity_allowance.amount",
        (
            "bands: [{at_least: 80, at_most: 89, value: 60}, {at_least: 90, at_most: 99, value: 100},"
            " {at_least: 100, at_most: 100, value: 300}]"
        ),
        "nothing is under the floor of 300",
    )
)
UNDER.append(("home_retrofit.households", "members: [hard_up_household]", "supported_household must stay on the list"))
ALLOWED = [
    ("home_retrofit.households", "members: [supported_household, hard_up_household, ordinary]"),
    ("construction_subsidy.own", "table: {nursing: 15000, ordinary: 10000}"),
    ("construction_subsidy.leased", "table: {nursing: 7500.01, ordinary: 5000}"),
    ("operating_subsidy.base", "table: {disabled: 200, partly_disabled: 100, self_care: 50}"),
    ("home_service_value.amount", "table: {subsidised: 100.01, universal: 30}"),
    ("home_service_extension.amount", "value: 0.01"),
    ("centre_operating_subsidy.minimum_opening_days", "value: 6"),
    ("funds.lottery_share", "value: 55"),
]
"""On a floor, over one, and where the city has none."""


def district(folder: Path, values: list[str]) -> Path:
    """A district with values of its own, each on one line."""
    (folder / "order.txt").write_text("本地标准", encoding="utf-8")
    source = "document: order, clause: 一, quotation: 本地标准"
    lines = [
        "format: anxiang.override.v1",
        'region: "321204"',
        'of: "321200"',
        "name: {zh: 测试, en: test}",
        "sample: true",
        "note: {zh: 测试, en: test}",
        "documents:",
        "  - {id: order, title: {zh: 测试, en: test}, number: null, issuer: 测试, issued_on: null, published_on: null,",
        "     effective_on: null, expires_on: null, status: in_force, completeness: complete, source: order.txt}",
        "values:",
        *(f"  - {{parameter: {value}, since: 2026-01-01, {source}}}" for value in values),
    ]
    (folder / "override.yaml").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_a_district_may_not_go_under_a_floor_nor_change_what_is_exact(tmp_path: Path) -> None:
    folder = district(tmp_path, [f"{parameter}, {value}" for parameter, value, _ in UNDER])
    with pytest.raises(PackRefused) as refused:
        Packs.load(POLICIES, [folder])
    said = [refusal.sentence() for refusal in refused.value.refusals]
    lacking = [w for n, (_, _, w) in enumerate(UNDER) if not any(f"values.{n}." in s and w in s for s in said)]
    assert lacking == []


def test_a_district_may_stand_on_a_floor_or_above_it(tmp_path: Path) -> None:
    folder = district(tmp_path, [f"{parameter}, {value}" for parameter, value in ALLOWED])
    local = Packs.load(POLICIES, [folder]).for_region("321204").content.local
    assert local.keys() == {parameter for parameter, _ in ALLOWED}


def test_the_retrofit_quota_covers_three_years_and_no_more() -> None:
    quota = CITY.content.targets["targets.retrofits_per_year"]
    assert quota.years == (2020, 2021, 2022)
    assert state(quota, TODAY, measured=None) == "not_measured"
    assert state(quota, TODAY, Decimal(2999), year=2021) == "overdue"
    assert state(quota, TODAY, Decimal(3000), year=2021) == "reached"


@pytest.mark.parametrize(
    ("target", "measured", "on", "wanted"),
    [
        ("assessed_seniors", 99, date(2022, 12, 31), "before_due"),
        ("assessed_seniors", 99, date(2023, 1, 1), "overdue"),
        ("assessed_seniors", 100, TODAY, "reached"),
        ("retrofitted_households", 99, TODAY, "no_due_date"),
        ("home_service_recipients", 14, TODAY, "overdue"),
        ("home_service_recipients", 15, TODAY, "reached"),
        ("fire_equipment", 99, date(2021, 12, 31), "before_due"),
        ("fire_equipment", 99, date(2022, 1, 1), "overdue"),
        ("nursing_beds", 59, TODAY, "overdue"),
        ("nursing_beds", 60, TODAY, "reached"),
        ("trained_carers", 2999, TODAY, "overdue"),
        ("trained_carers", 3000, TODAY, "reached"),
        ("lottery_share", 54, TODAY, "overdue"),
        ("lottery_share", 55, TODAY, "reached"),
        ("centre_opening_days", 4, TODAY, "no_due_date"),
        ("centre_opening_days", 5, TODAY, "reached"),
        ("destitute_homes_graded", 99, TODAY, "overdue"),
    ],
)
def test_a_target_stays_after_its_date(target: str, measured: int, on: date, wanted: str) -> None:
    assert state(CITY.content.targets[f"targets.{target}"], on, Decimal(measured)) == wanted

"""Every slot of every formula takes one family of units, and the packs use no other."""

from __future__ import annotations

import pytest

from services.subsidy.engine import Packs
from services.subsidy.engine.kinds import KINDS
from services.subsidy.engine.units import closed, counted, fits

TAKEN = {
    "CNY/…/month": ("CNY/person/month", ["CNY/month", "CNY/person", "CNY/person/year", "person/month", "month"]),
    "CNY/…": ("CNY/item", ["CNY", "CNY/year", "CNY/month", "CNY/person/month", "item", "%"]),
    "CNY/bed": ("CNY/bed", ["CNY/person", "bed", "CNY/bed/month"]),
    "…/day": ("meal/day", ["CNY/day", "meal/month", "meal", "day"]),
    "…/month": ("bath/month", ["CNY/month", "bath/day", "month", "CNY/person/month"]),
    "…/year": ("day/year", ["CNY/year", "day/month", "year", "month/year"]),
    "factor": ("factor", ["%", "CNY/person", "decision"]),
    "%": ("%", ["factor", "CNY/item", "decision"]),
    "year": ("year", ["month", "day", "CNY/year", "year of age"]),
    "month": ("month", ["year", "day", "CNY/month"]),
    "decision": ("decision", ["list", "level", "CNY/person", "day"]),
}
SLOTS = {
    "tiered_by_age": {"amount": "CNY/…/month", "arrears_months": "month"},
    "rate_times_factors_per_day": {"rate": "CNY/…/month", "factors": "factor"},
    "per_unit_with_caps": {
        "amount": "CNY/…", "daily_cap": "…/day", "monthly_cap": "…/month", "yearly_cap": "…/year"
    },
    "fixed_monthly": {"amount": "CNY/…/month"},
    "one_off": {"amount": "CNY/…"},
    "per_bed_once": {"own": "CNY/bed", "leased": "CNY/bed", "minimum_lease_years": "year", "short_lease": "CNY/bed"},
    "base_times_factors": {"amount": "CNY/…/month", "factors": "factor"},
    "cost_share": {"share": "%", "ceiling": "CNY/…", "city_share": "%"},
}  # fmt: skip
"""What each formula counts in; every other slot is a decision."""


def test_every_slot_says_what_it_counts_in() -> None:
    declared = {name: {slot: asked.unit for slot, asked in kind.slots.items()} for name, kind in KINDS.items()}
    other = {name: {slot for slot in KINDS[name].slots if slot not in given} for name, given in SLOTS.items()}
    assert declared == {name: given | dict.fromkeys(other[name], "decision") for name, given in SLOTS.items()}
    assert all(KINDS[name].slots[slot].kinds == ("choice",) for name, slots in other.items() for slot in slots)
    assert {family for slots in declared.values() for family in slots.values()} == TAKEN.keys()


@pytest.mark.parametrize("family", TAKEN)
def test_a_family_takes_its_own_and_no_other(family: str) -> None:
    own, others = TAKEN[family]
    assert fits(own, family)
    assert [unit for unit in others if fits(unit, family)] == []


def test_the_gap_is_one_thing_in_all_slots_of_a_formula() -> None:
    assert counted("CNY/meal", "CNY/…") == "meal"
    assert counted("factor", "factor") == ""
    assert closed("…/day", [("day", "CNY/…"), ("CNY/meal", "CNY/…"), ("bath/day", "…/day")]) == "meal/day"
    assert closed("…/day", []) == "…/day"
    assert closed("year", [("CNY/bed", "CNY/bed")]) == "year"


def test_every_figure_of_the_packs_is_in_the_unit_of_its_slot(packs: Packs) -> None:
    for pack in packs:
        for law in pack.programmes.values():
            for slot, name in law.slots():
                unit, family = pack.content.parameters[name].unit, KINDS[law.kind].slots[slot].unit
                assert fits(unit, family), (pack.region, name)

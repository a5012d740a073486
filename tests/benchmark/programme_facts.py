"""Facts of a town for every programme of the sample district: the same arrays for the engine and for its baseline.

A town of ``n`` seniors has an institution for every 500 of them. Every senior is looked at for what goes by age, class
or voucher; a tenth live in an institution (with one change inside the month), a tenth eat 20 meals on 20 days, one in
50 has four baths or rents a device, one in 100 has five days of respite or a retrofit of three items. An institution
has two types of bed and 20 workers; there are as many centres and canteens as institutions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Facts = dict[str, Array]

CODES: dict[str, list[str]] = {
    "care_level": ["self_care", "partly_disabled", "disabled"],
    "mode": ["private", "public_built_private_run", "public"],
    "service_class": ["subsidised", "universal", "no_class"],
    "hardship": ["hard_up", "not_hard_up"],
    "device": ["care_bed", "wheelchair"],
    "bath_mode": ["home", "pick_up"],
    "bed_type": ["nursing", "ordinary"],
    "tenure": ["own", "leased"],
    "item": ["handrail", "anti_slip_floor", "toilet_seat"],
    "household_group": ["supported_household", "other_household"],
    "content": ["basic", "full"],
    "quality": ["good", "fair", "poor"],
    "evaluation": ["good", "fair", "poor"],
    "organisation": ["caterer", "institution", "social_organisation"],
    "facility": ["mutual_aid_centre", "care_point"],
}
"""Columns that hold a code; the arrays hold its place in the list."""
NEVER = np.datetime64("9999-01-01")
PER_INSTITUTION = 500

_FLAGS = {
    "listed": 0.02, "household_here": 0.97, "resident_here": 0.97, "assessed": 0.9, "in_institution": 0.1,
    "in_community_care": 0.3, "contract_signed": 0.6, "first_month": 0.1, "very_old": 0.2, "empty_nest": 0.3,
    "living_alone": 0.2, "disabled": 0.6, "handicapped": 0.3, "demented": 0.3, "accepted": 0.9, "graded": 0.9,
    "first_claim": 0.8, "paid_before": 0.05, "certified": 0.9, "selected": 0.5, "hazard_closed": 0.7,
    "idle_rural_premises": 0.8, "item_paid_before": 0.05,
}  # fmt: skip
_RANGES = {
    "grade": (1, 6), "units": (0, 4), "approved_beds": (10, 300), "beds_paid_before": (0, 60),
    "cost_fen": (1_000, 200_000), "person_times": (0, 900), "opening_days": (4, 8), "verified_meals": (0, 3000),
    "longest_break_days": (0, 40), "family_care_months": (0, 60),
}  # fmt: skip
_DAYS = {
    "birth_date": ("1916-01-01", 50 * 365), "opened_on": ("2019-06-01", 7 * 365), "lease_from": ("2020-01-01", 1500),
    "lease_to": ("2025-06-01", 1800), "in_post_since": ("2015-01-01", 4200),
    "same_institution_since": ("2015-01-01", 4200),
}  # fmt: skip
_SENIOR = ("died_on", "household_here", "resident_here")
_VOUCHER = (*_SENIOR, "hardship", "care_level", "assessed", "listed")
_REWARD = ("paid_before", "listed")
COLUMNS: dict[str, tuple[str, ...]] = {
    "longevity_allowance": ("birth_date", *_SENIOR),
    "home_service_value": (*_SENIOR, "service_class", "assessed"),
    "home_service_extension": (*_SENIOR, "very_old", "empty_nest", "living_alone"),
    "institution_voucher": (*_VOUCHER, "in_institution"),
    "community_voucher": (*_VOUCHER, "in_community_care"),
    "neighbour_voucher": (*_VOUCHER, "contract_signed"),
    "operating_subsidy": ("care_level", "grade", "mode", "listed"),
    "meal_subsidy": ("units", "listed"),
    "bath_subsidy": ("units", "listed"),
    "respite_care": ("units", "listed", "disabled", "demented", "handicapped", "family_care_months"),
    "aid_rental": ("died_on", "device", "care_level", "contract_signed", "first_month", "listed"),
    "home_retrofit": ("cost_fen", "accepted", "item_paid_before"),
    "construction_subsidy": (
        "approved_beds", "beds_paid_before", "tenure", "lease_from", "lease_to", "opened_on", "mode", "graded",
        "first_claim", "listed",
    ),
    "fire_safety_reward": (*_REWARD, "mode", "opened_on", "hazard_closed"),
    "centre_operating_subsidy": (
        "content", "person_times", "quality", "evaluation", "grade", "opening_days", "listed",
    ),
    "mutual_aid_reward": (*_REWARD, "facility", "idle_rural_premises"),
    "meal_operating_subsidy": ("verified_meals", "organisation", "listed"),
    "worker_allowance": (*_REWARD, "certified", "in_post_since", "longest_break_days"),
    "entry_allowance": (*_REWARD, "same_institution_since", "selected"),
}  # fmt: skip
PROGRAMMES = tuple(COLUMNS)


def rows(programme: str, n: int) -> tuple[int, int]:
    """How many subjects a town has for a programme, and how many rows each."""
    homes = max(n // PER_INSTITUTION, 1)
    parts = {"operating_subsidy": (n // 10, 2), "meal_subsidy": (n // 10, 20), "bath_subsidy": (n // 50, 4)}
    parts |= {"respite_care": (n // 100, 5), "aid_rental": (n // 50, 1), "home_retrofit": (n // 100, 3)}
    parts |= {
        "construction_subsidy": (homes, 2),
        "worker_allowance": (homes * 20, 1),
        "entry_allowance": (homes * 20, 1),
    }
    parts |= dict.fromkeys(("fire_safety_reward", "centre_operating_subsidy", "mutual_aid_reward"), (homes, 1))
    return (parts | {"meal_operating_subsidy": (homes, 1)}).get(programme, (n, 1))


def facts(programme: str, n: int) -> Facts:
    """The arrays of one programme, from a seed of its own."""
    random = np.random.default_rng([20261001, PROGRAMMES.index(programme)])
    subjects, each = rows(programme, n)
    count = subjects * each
    place = np.arange(count) % each
    made = {name: _column(random, name, count) for name in COLUMNS[programme]}
    made["subject_id"] = np.arange(count) // each
    if programme == "longevity_allowance":
        made["registered_on"] = np.full(count, np.datetime64("2020-01-01"))
    elif programme == "operating_subsidy":
        made |= {"from_day": np.where(place, 16, 1), "to_day": np.where(place, 31, 15)}
    elif programme in {"meal_subsidy", "bath_subsidy", "respite_care"}:
        made["service_date"] = np.datetime64("2026-10-01") + place
    if programme == "bath_subsidy":  # one way of bathing for each senior, so that no order of rows matters
        made["disabled"] = np.repeat(random.random(subjects) < 0.7, each)
        made["bath_mode"] = np.repeat(_column(random, "bath_mode", subjects), each)
    elif programme == "respite_care":
        made["used_in_year"] = np.repeat(random.integers(0, 17, subjects), each)
    elif programme == "home_retrofit":
        made["item"] = place
        made["household_group"] = np.repeat(_column(random, "household_group", subjects), each)
    elif programme == "construction_subsidy":
        made["bed_type"] = place
    return made


def _column(random: np.random.Generator, name: str, count: int) -> Array:
    if name in _FLAGS:
        return random.random(count) < _FLAGS[name]
    if name in _RANGES:
        return random.integers(*_RANGES[name], count)
    if name in _DAYS:
        start, days = _DAYS[name]
        return np.asarray(np.datetime64(start) + random.integers(0, days, count))
    if name == "died_on":
        return np.where(random.random(count) < 0.01, np.datetime64("2026-10-03"), NEVER)
    return random.integers(0, len(CODES[name]), count)

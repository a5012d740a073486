"""Every programme of the sample district once more, written for OpenFisca-core as a user of it would write it.

Tables are read by position, because OpenFisca's own indexing by an enum walks over every element. It does less than
the engine: no reasons, no steps, nothing held that stands twice, no cap by the order of rows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openfisca_core.indexed_enums import Enum, EnumArray
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import MONTH
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from tests.benchmark import openfisca_rules as first
from tests.benchmark.openfisca_rules import FIRST, INPUTS, PARAMETERS, Mode, Person, Senior, _dated, _input, _scale
from tests.benchmark.programme_facts import CODES, COLUMNS, Facts

Array = NDArray[Any]
Formula = Callable[[Any, Any, Any], Array]
ENUMS: dict[str, Any] = {name: Enum(name, {code: code for code in codes}) for name, codes in CODES.items()}
ENUMS |= {"mode": Mode, "care_level": first.CareLevel}
LATER = {
    "service": {"subsidised": _dated(10000), "universal": _dated(3000), "no_class": _dated(0)},
    "extension": _dated(5000),
    "voucher": {"institution": _dated(30000), "community": _dated(20000), "neighbour": _dated(10000)},
    "device": {"care_bed": _dated(10000), "wheelchair": _dated(3000)},
    "bath": {"home": _dated(6000), "pick_up": _dated(4000)},
    "bath_caps": {"daily": _dated(1), "monthly": _dated(4)},
    "respite": {"amount": _dated(15000), "cap": _dated(15), "months": _dated(6)},
    "retrofit": {"share": _dated(80)},
    "ceiling": {"handrail": _dated(30000), "anti_slip_floor": _dated(100000), "toilet_seat": _dated(50000)},
    "own": {"nursing": _dated(1500000), "ordinary": _dated(1000000)},
    "leased": {"nursing": _dated(750000), "ordinary": _dated(500000)},
    "once": {"worker": _dated(200000), "entry": _dated(500000), "fire": _dated(2000000), "break": _dated(30)},
    "facility": {"mutual_aid_centre": _dated(3000000), "care_point": _dated(1000000)},
    "centre": {"base": _dated(300000), "days": _dated(5)},
    "content": {"basic": _dated(100), "full": _dated(120)},
    "person_times": _scale((0, 80), (200, 100), (500, 125)),
    "quality": {"good": _dated(110), "fair": _dated(100), "poor": _dated(50)},
    "grade_of_centre": _scale((1, 90), (2, 100), (3, 105), (4, 110), (5, 115)),
    "canteen": _scale((0, 0), (300, 100000), (1000, 200000)),
    "organisation": {"caterer": _dated(100), "institution": _dated(100), "social_organisation": _dated(120)},
}  # fmt: skip


def _table(node: Any, of: Any, name: str, period: Any) -> Array:
    found: Array = first._looked_up(node, ENUMS[name], of(name, period))
    return found


def _code(of: Any, name: str, code: str, period: Any) -> Array:
    found: Array = np.asarray(of(name, period)) == CODES[name].index(code)
    return found


def _here(of: Any, period: Any) -> Array:
    """Registered here and alive when the month began."""
    return of("household_here", period) & (of("died_on", period) >= FIRST)  # type: ignore[no-any-return]  # untyped


def _product(base: Any, percents: list[Array]) -> Array:
    """Half up to the fen, once."""
    scale = 100 ** len(percents)
    whole = prod((percent.astype(np.int64) for percent in percents), start=base)
    return np.asarray((2 * whole + scale) // (2 * scale))


def home_service_value(of: Any, period: Any, parameters: Any) -> Array:
    """By class."""
    return np.where(_here(of, period), _table(parameters(period).service, of, "service_class", period), 0)


def home_service_extension(of: Any, period: Any, parameters: Any) -> Array:
    """For three groups."""
    group = of("very_old", period) | of("empty_nest", period) | of("living_alone", period)
    return np.where(_here(of, period) & group, parameters(period).extension, 0)


def _voucher(kind: str, used: str) -> Formula:
    def formula(of: Any, period: Any, parameters: Any) -> Array:
        """Hard up, disabled, living the month through, and using it."""
        alive = of("died_on", period) > np.datetime64("2026-10-31")
        who = _code(of, "hardship", "hard_up", period) & _code(of, "care_level", "disabled", period)
        where = of("household_here", period) & of(used, period) & ~of("listed", period)
        return np.where(alive & who & where, parameters(period).voucher[kind], 0)

    return formula


def aid_rental(of: Any, period: Any, parameters: Any) -> Array:
    """By device."""
    level = ~_code(of, "care_level", "self_care", period) & (of("died_on", period) >= FIRST)
    entitled = level & of("contract_signed", period) & ~of("listed", period)
    return np.where(entitled, _table(parameters(period).device, of, "device", period), 0)


def bath_counted(of: Any, period: Any, parameters: Any) -> Array:
    """Baths of a day within its cap."""
    counts = of("disabled", period) & ~of("listed", period)
    return np.minimum(np.where(counts, of("units", period), 0), parameters(period).bath_caps.daily)  # type: ignore[no-any-return]  # untyped


def bath_subsidy(senior: Any, period: Any, parameters: Any) -> Array:
    """Within the month's cap, by the senior's way of bathing."""
    law = parameters(period)
    amount = senior.value_from_first_person(_table(law.bath, senior.members, "bath_mode", period))
    return np.asarray(np.minimum(senior.sum(senior.members("bath_counted", period)), law.bath_caps.monthly) * amount)


def respite_counted(of: Any, period: Any, parameters: Any) -> Array:
    """Days that count: one a day."""
    who = of("disabled", period) | of("demented", period) | of("handicapped", period)
    cared = of("family_care_months", period) >= parameters(period).respite.months
    return np.where(who & cared & ~of("listed", period), np.minimum(of("units", period), 1), 0)


def respite_care(senior: Any, period: Any, parameters: Any) -> Array:
    """What the year has left."""
    law = parameters(period).respite
    used = senior.value_from_first_person(senior.members("used_in_year", period))
    left = np.maximum(law.cap - used, 0)
    return np.asarray(np.minimum(senior.sum(senior.members("respite_counted", period)), left) * law.amount)


def home_retrofit(of: Any, period: Any, parameters: Any) -> Array:
    """A share of the cost up to the ceiling of an item that was not paid before."""
    law = parameters(period)
    share = (2 * of("cost_fen", period).astype(np.int64) * law.retrofit.share + 100) // 200
    counts = of("accepted", period) & _code(of, "household_group", "supported_household", period)
    fresh = counts & ~of("item_paid_before", period)
    return np.where(fresh, np.minimum(share, _table(law.ceiling, of, "item", period)), 0)


def construction_subsidy(of: Any, period: Any, parameters: Any) -> Array:
    """New beds by type and tenure; a lease of five years at least."""
    law, leased = parameters(period), _code(of, "tenure", "leased", period)
    begins = of("lease_from", period)
    months = begins.astype("datetime64[M]")
    same_day = (months + 60).astype("datetime64[D]") + (begins - months.astype("datetime64[D]"))
    five_years_on = np.minimum(same_day, (months + 61).astype("datetime64[D]") - np.timedelta64(1, "D"))
    long_enough = ~leased | (of("lease_to", period) + np.timedelta64(1, "D") >= five_years_on)
    opened = of("opened_on", period)
    new = (opened >= np.datetime64("2024-01-01")) & (opened <= np.datetime64("2025-10-31"))
    kind = _code(of, "mode", "private", period) & of("graded", period) & ~of("listed", period)
    beds = np.maximum(of("approved_beds", period) - of("beds_paid_before", period), 0)
    unit = np.where(leased, _table(law.leased, of, "bed_type", period), _table(law.own, of, "bed_type", period))
    return np.where(new & kind & long_enough, beds.astype(np.int64) * unit, 0)


def _fresh(of: Any, period: Any) -> Array:
    return ~of("listed", period) & ~of("paid_before", period)  # type: ignore[no-any-return]  # untyped


def fire_safety_reward(of: Any, period: Any, parameters: Any) -> Array:
    """For private institutions that exist and have closed their hazard."""
    old = of("opened_on", period) <= np.datetime64("2020-08-31")
    who = _code(of, "mode", "private", period) & of("hazard_closed", period) & old
    return np.where(who & _fresh(of, period), parameters(period).once.fire, 0)


def mutual_aid_reward(of: Any, period: Any, parameters: Any) -> Array:
    """By facility."""
    who = of("idle_rural_premises", period) & _fresh(of, period)
    return np.where(who, _table(parameters(period).facility, of, "facility", period), 0)


def worker_allowance(of: Any, period: Any, parameters: Any) -> Array:
    """Certified and two years in post."""
    law = parameters(period).once
    long = (of("in_post_since", period) <= np.datetime64("2024-10-31")) & (
        of("longest_break_days", period) <= law["break"]
    )
    return np.where(long & of("certified", period) & _fresh(of, period), law.worker, 0)


def entry_allowance(of: Any, period: Any, parameters: Any) -> Array:
    """Five years in one institution, and selected."""
    long = of("same_institution_since", period) <= np.datetime64("2021-10-31")
    return np.where(long & of("selected", period) & _fresh(of, period), parameters(period).once.entry, 0)


def centre_operating_subsidy(of: Any, period: Any, parameters: Any) -> Array:
    """A base times five factors."""
    law = parameters(period)
    factors = [
        _table(law.content, of, "content", period),
        law.person_times.calc(of("person_times", period)),
        _table(law.quality, of, "quality", period),
        _table(law.quality, of, "evaluation", period),
        law.grade_of_centre.calc(of("grade", period)),
    ]
    counts = (of("opening_days", period) >= law.centre.days) & ~of("listed", period)
    return np.where(counts, _product(law.centre.base, factors), 0)


def meal_operating_subsidy(of: Any, period: Any, parameters: Any) -> Array:
    """A band of meals times the factor of the organisation."""
    law = parameters(period)
    base = law.canteen.calc(of("verified_meals", period)).astype(np.int64)
    whole = (2 * base * _table(law.organisation, of, "organisation", period) + 100) // 200
    return np.where(of("listed", period), 0, whole)


FORMULAS: dict[str, Formula] = {
    "institution_voucher": _voucher("institution", "in_institution"),
    "community_voucher": _voucher("community", "in_community_care"),
    "neighbour_voucher": _voucher("neighbour", "contract_signed"),
} | {
    formula.__name__: formula
    for formula in (
        home_service_value, home_service_extension, aid_rental, bath_counted, bath_subsidy, respite_counted,
        respite_care, home_retrofit, construction_subsidy, fire_safety_reward, mutual_aid_reward, worker_allowance,
        entry_allowance, centre_operating_subsidy, meal_operating_subsidy,
    )
}  # fmt: skip
OLD = {"longevity_allowance": "longevity", "operating_subsidy": "operating", "meal_subsidy": "meals"}
OF_SENIORS = ("meal_subsidy", "bath_subsidy", "respite_care")
"""Programmes with caps: computed for groups of rows."""


def _variable(name: str, formula: Formula) -> type[Variable]:
    entity = Senior if name in OF_SENIORS else Person
    body = {"value_type": int, "entity": entity, "definition_period": MONTH, "label": name, "formula": formula}
    return type(name, (Variable,), body)


def system() -> TaxBenefitSystem:
    """The baseline with every programme."""
    tbs = TaxBenefitSystem([Person, Senior])
    for variable in (*INPUTS, first.age, first.longevity, first.operating, first.meals_of_day, first.meals):
        tbs.add_variable(variable)
    known = set(tbs.variables)
    for name in sorted({name for columns in COLUMNS.values() for name in columns} | EXTRA - known):
        if name not in known:
            tbs.add_variable(_of_type(name))
    for name, formula in FORMULAS.items():
        tbs.add_variable(_variable(name, formula))
    tbs.parameters = ParameterNode("", data=PARAMETERS | LATER)
    return tbs


EXTRA = {"bath_mode", "disabled", "handicapped", "used_in_year", "item", "household_group", "bed_type"}
_NUMBERS = {
    "approved_beds", "beds_paid_before", "cost_fen", "person_times", "opening_days", "verified_meals", "used_in_year",
    "longest_break_days", "family_care_months",
}  # fmt: skip
_DATES = {"opened_on", "lease_from", "lease_to", "in_post_since", "same_institution_since"}


def _of_type(name: str) -> type[Variable]:
    if name in CODES:
        return _input(name, Enum, possible_values=ENUMS[name], default_value=next(iter(ENUMS[name])))
    return _input(name, int if name in _NUMBERS else date if name in _DATES else bool)


def inputs(facts: Facts) -> Facts:
    """The arrays as OpenFisca wants them: codes as its own enums; what only the engine reads left out."""
    left_out = {"subject_id", "service_date", "resident_here", "assessed", "first_month", "first_claim"}
    return {
        name: EnumArray(array.astype(np.uint8), ENUMS[name]) if name in CODES else array
        for name, array in facts.items()
        if name not in left_out
    }

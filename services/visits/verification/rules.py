"""The rules 核验规则: each a pure question about one case. What a yes leads to stands in ``rules.yaml``.

A place never refuses a delivery: care may be given anywhere, so a doubtful place only asks for a person's look.
"""

from __future__ import annotations

from collections.abc import Callable

from services.visits.records.domain import Method, Status, verdict_of
from services.visits.verification.domain import Case
from services.visits.verification.geo import KM_PER_DEGREE, LARGEST_SHIFT_KM, Place
from services.visits.verification.terms import OTHER

Rule = Callable[[Case], bool]


def senior_deceased(case: Case) -> bool:
    """After the day of death; the day itself still counts, for the meal may have come before."""
    return case.senior.is_dead(case.meal.service_date)


def vendor_listed(case: Case) -> bool:
    """On a list with the effect ``no_subsidy`` that day."""
    return case.standing.is_listed


def no_contract(case: Case) -> bool:
    """No meal contract for the senior's region that day."""
    return not case.standing.has_contract


def vendor_closed(case: Case) -> bool:
    """It had closed before that day."""
    return case.standing.is_closed


def senior_moved_out(case: Case) -> bool:
    """The senior had moved away before that day."""
    return case.senior.is_away(case.meal.service_date)


def senior_in_institution(case: Case) -> bool:
    """Inside a stay; its first and last day have meals at home too."""
    return bool(case.senior.stays) and case.senior.is_resident(case.meal.service_date)


def same_meal_other_vendor(case: Case) -> bool:
    """Another vendor has this senior, day and slot."""
    return any(vendor_id != case.meal.vendor_id for vendor_id in case.same_slot) if case.same_slot else False


def same_meal_twice(case: Case) -> bool:
    """The same vendor has this senior, day and slot under another event."""
    return bool(case.same_slot) and case.meal.vendor_id in case.same_slot


def courier_in_two_places(case: Case) -> bool:
    """Overlapping times at places that are not one place, or no time for the way between two."""
    return case.elsewhere


def place_missing(case: Case) -> bool:
    """No place at all, or the zeros that stand for none."""
    return case.meal.place is None


def place_mocked(case: Case) -> bool:
    """The device itself says so."""
    return bool(case.delivery.mock)


def place_imprecise(case: Case) -> bool:
    """Its precision is unknown, which a phone may write as zero or less, or worse than allowed."""
    place = case.meal.place
    return place is not None and (place.accuracy_m is None or not 0 < place.accuracy_m <= case.terms.accuracy_metres)


def place_too_far(case: Case) -> bool:
    """Outside the service area even where its inaccuracy is counted in the courier's favour."""
    area = case.terms.service_area
    if area is None or case.meal.place is None:
        return False
    place = case.meal.place
    roughly_km = (abs(place.latitude - area.latitude) + abs(place.longitude - area.longitude)) * KM_PER_DEGREE
    if roughly_km + LARGEST_SHIFT_KM < area.radius_km:
        return False  # surely inside, whatever the datum: spares the trigonometry
    metres = place.metres_to(Place(area.latitude, area.longitude, "WGS84", None))
    return metres - case.terms.uncertainty(place.accuracy_m) > area.radius_km * 1000


def outside_meal_hours(case: Case) -> bool:
    """Not in any slot."""
    return case.meal.slot == OTHER


def too_many_meals(case: Case) -> bool:
    """More than one senior eats."""
    return case.delivery.meals > case.terms.most_meals


def entered_late(case: Case) -> bool:
    """The device wrote it down long after the fact."""
    return case.delivery.device_time - case.delivery.ended_at > case.terms.late_entry


def uploaded_late(case: Case) -> bool:
    """It reached us after the time allowed; offline devices may take their time within it."""
    return case.received_at - case.delivery.ended_at > case.terms.late_upload


def device_clock_off(case: Case) -> bool:
    """The device wrote it down before it happened, or in our future."""
    device_time, skew = case.delivery.device_time, case.terms.clock_skew
    return device_time + skew < case.delivery.ended_at or device_time - skew > case.received_at


def manual_entry(case: Case) -> bool:
    """Nothing but somebody's word."""
    return case.delivery.method == Method.MANUAL


def corrected_after_refusal(case: Case) -> bool:
    """The version before had been flagged or rejected: a person decides, not the next attempt."""
    return case.corrects_unverified


_ALL: tuple[Rule, ...] = (
    senior_deceased, vendor_listed, no_contract, vendor_closed, senior_moved_out, senior_in_institution,
    same_meal_other_vendor, same_meal_twice, courier_in_two_places,
    place_missing, place_mocked, place_imprecise, place_too_far, outside_meal_hours, too_many_meals,
    entered_late, uploaded_late, device_clock_off, manual_entry, corrected_after_refusal,
)  # fmt: skip
RULES: dict[str, Rule] = {rule.__name__: rule for rule in _ALL}
_NAMED = tuple(RULES.items())
READS: dict[str, str] = {
    senior_deceased.__name__: "senior",
    senior_moved_out.__name__: "senior",
    senior_in_institution.__name__: "senior",
    vendor_listed.__name__: "standing",
    no_contract.__name__: "standing",
    vendor_closed.__name__: "standing",
    same_meal_other_vendor.__name__: "same_slot",
    same_meal_twice.__name__: "same_slot",
    courier_in_two_places.__name__: "elsewhere",
    corrected_after_refusal.__name__: "corrects_unverified",
}
"""Which part of a case, besides the delivery itself, a rule looks at: what may turn out otherwise later."""


def judge(case: Case) -> tuple[Status, list[str]]:
    """The verdict and its reasons: rejected before flagged before verified."""
    spoken = [code for code, rule in _NAMED if rule(case)]
    effects = case.terms.effects
    reasons = [code for code in spoken if code in effects] if spoken else spoken
    return verdict_of(reasons, effects), reasons

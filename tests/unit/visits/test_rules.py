"""The rules, each at its boundary; the rulebook; the geometry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from ruamel.yaml import YAML

from services.visits.deliveries.intake import meal_of
from services.visits.deliveries.plausibility import impossibilities
from services.visits.records.domain import Delivery, Method
from services.visits.verification.domain import Case, Senior, Standing
from services.visits.verification.geo import metres_between, to_wgs84
from services.visits.verification.neighbours import Neighbourhood
from services.visits.verification.rulebook import FILE, read, rulebook
from services.visits.verification.rules import READS, RULES, judge
from services.visits.verification.terms import Terms
from shared.clock import SHANGHAI

VENDOR, OTHER = UUID(int=1), UUID(int=2)
DAY = date(2026, 10, 9)
REGION = "321202001000"


def noon(minute: int = 0, hour: int = 11) -> datetime:
    """A moment of the day, as it is kept."""
    return datetime(2026, 10, 9, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


def delivery(**changes: Any) -> Delivery:
    """One that no rule has anything against."""
    values: dict[str, Any] = {
        "vendor_id": VENDOR,
        "event_id": "e",
        "sequence": 1,
        "senior_id": UUID(int=9),
        "service": "meal",
        "meals": 1,
        "started_at": noon(0),
        "ended_at": noon(15),
        "device_time": noon(15),
        "latitude": 32.45,
        "longitude": 119.92,
        "datum": "WGS84",
        "accuracy_m": 20.0,
        "mock": False,
        "method": "card",
        "device_id": "d",
        "witness_ref": None,
        "manual_reason": None,
        "worker_ref": "c-1",
        "photo_sha256": None,
        "note": None,
        "correction_reason": None,
    }
    return Delivery(**(values | changes))


def terms(region: str = REGION) -> Terms:
    """The shipped rulebook's terms."""
    return rulebook().terms(region, DAY)


def case(d: Delivery | None = None, **changes: Any) -> Case:
    """A case around a delivery."""
    d = d or delivery()
    slot = terms().slot_of(d.ended_at.astimezone(SHANGHAI))
    values: dict[str, Any] = {
        "delivery": d,
        "meal": meal_of(UUID(int=100), d, DAY, slot),
        "senior": Senior(REGION, None, None),
        "standing": Standing(is_closed=False, has_contract=True, is_listed=False),
        "terms": terms(),
        "received_at": noon(20),
        "same_slot": frozenset(),
        "elsewhere": False,
        "corrects_unverified": False,
    }
    return Case(**(values | changes))


GOOD = Standing(is_closed=False, has_contract=True, is_listed=False)
LISTED = replace(GOOD, is_listed=True)
LATE = delivery(ended_at=noon(0, 21), device_time=noon(0, 21))


VERDICTS: list[tuple[Case, str, list[str]]] = [
    (case(), "verified", []),
    (case(senior=Senior(REGION, None, DAY)), "verified", []),
    (case(senior=Senior(REGION, None, DAY - timedelta(days=1))), "rejected", ["senior_deceased"]),
    (case(senior=Senior(REGION, (), None)), "flagged", ["senior_moved_out"]),
    (case(senior=Senior(REGION, ((REGION, date.min, DAY),), None)), "verified", []),
    (case(senior=Senior(REGION, ((REGION, DAY, date.max), (REGION, date.min, DAY)), None)), "verified", []),
    (case(senior=Senior(REGION, ((REGION, date.min, DAY - timedelta(1)),), None)), "flagged", ["senior_moved_out"]),
    (case(senior=Senior(REGION, None, None, ((DAY, date.max),))), "verified", []),
    (
        case(senior=Senior(REGION, None, None, ((DAY - timedelta(days=1), date.max),))),
        "flagged",
        ["senior_in_institution"],
    ),
    (case(standing=replace(GOOD, is_listed=True)), "rejected", ["vendor_listed"]),
    (case(standing=replace(GOOD, has_contract=False)), "rejected", ["no_contract"]),
    (case(standing=replace(GOOD, is_closed=True)), "flagged", ["vendor_closed"]),
    (case(same_slot=frozenset({OTHER})), "flagged", ["same_meal_other_vendor"]),
    (case(same_slot=frozenset({VENDOR})), "flagged", ["same_meal_twice"]),
    (case(elsewhere=True), "flagged", ["courier_in_two_places"]),
    (case(delivery(latitude=None, longitude=None, datum=None, accuracy_m=None)), "flagged", ["place_missing"]),
    (case(delivery(mock=True)), "flagged", ["place_mocked"]),
    (case(delivery(accuracy_m=200.0)), "verified", []),
    (case(delivery(accuracy_m=200.1)), "flagged", ["place_imprecise"]),
    *((case(delivery(accuracy_m=each)), "flagged", ["place_imprecise"]) for each in (None, 0.0, -0.0, -1.0, -1e9, 1e9)),
    (case(delivery(latitude=0.0, longitude=0.0)), "flagged", ["place_missing"]),
    (case(delivery(latitude=31.495, accuracy_m=199.0)), "flagged", ["place_too_far"]),
    (case(delivery(latitude=31.495, accuracy_m=0.0)), "flagged", ["place_imprecise", "place_too_far"]),
    (case(delivery(latitude=31.495, accuracy_m=9000.0)), "flagged", ["place_imprecise"]),
    (case(delivery(latitude=31.495, accuracy_m=20_001.0)), "flagged", ["place_imprecise", "place_too_far"]),
    (case(delivery(latitude=31.0)), "flagged", ["place_too_far"]),
    (case(delivery(ended_at=noon(59, 14), device_time=noon(59, 14)), received_at=noon(5, 15)), "verified", []),
    (case(LATE, received_at=noon(5, 21)), "flagged", ["outside_meal_hours"]),
    (case(delivery(meals=2)), "verified", []),
    (case(delivery(meals=3)), "flagged", ["too_many_meals"]),
    (case(delivery(device_time=noon(15, 23)), received_at=noon(16, 23)), "verified", []),
    (case(delivery(device_time=noon(16, 23)), received_at=noon(16, 23)), "flagged", ["entered_late"]),
    (case(received_at=noon(15) + timedelta(days=62)), "verified", []),
    (case(received_at=noon(16) + timedelta(days=62)), "flagged", ["uploaded_late"]),
    (case(delivery(device_time=noon(4))), "flagged", ["device_clock_off"]),
    (case(delivery(device_time=noon(31)), received_at=noon(20)), "flagged", ["device_clock_off"]),
    (case(delivery(device_time=noon(30)), received_at=noon(20)), "verified", []),
    (case(delivery(method="manual", device_id=None)), "flagged", ["manual_entry"]),
    (case(corrects_unverified=True), "flagged", ["corrected_after_refusal"]),
    (case(standing=LISTED, elsewhere=True), "rejected", ["vendor_listed", "courier_in_two_places"]),
]  # fmt: skip


@pytest.mark.parametrize(("one", "verdict", "reasons"), VERDICTS)
def test_each_rule_speaks_at_its_boundary_and_not_before(one: Case, verdict: str, reasons: list[str]) -> None:
    assert judge(one) == (verdict, reasons)


def test_every_rule_is_covered_above() -> None:
    assert {code for _, _, reasons in VERDICTS for code in reasons} == set(RULES)


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"ended_at": noon(0)}, []),
        ({"ended_at": noon(0) - timedelta(seconds=1)}, ["ends_before_start"]),
        ({"ended_at": noon(0) + timedelta(hours=4)}, []),
        ({"ended_at": noon(0) + timedelta(hours=4, seconds=1)}, ["too_long"]),
        ({"started_at": noon(0) - timedelta(days=500), "ended_at": noon(0) - timedelta(days=500)}, ["too_old"]),
        ({"sequence": 2}, ["missing"]),
        ({"sequence": 2, "correction_reason": "x"}, []),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], codes: list[str]) -> None:
    found = impossibilities(delivery(**changes), noon(0, 20), rulebook().limits(DAY), "/data")
    assert [error.code for error in found] == codes


def test_the_future_begins_after_the_allowed_clock_error() -> None:
    limits, one = rulebook().limits(DAY), delivery()
    assert impossibilities(one, one.ended_at - timedelta(minutes=10), limits) == []
    [error] = impossibilities(one, one.ended_at - timedelta(minutes=10, seconds=1), limits)
    assert (error.pointer, error.code) == ("/ended_at", "future")


def test_a_region_may_override_and_a_rule_may_be_switched_off(tmp_path: Path) -> None:
    yaml = YAML()
    content = yaml.load(FILE.read_text(encoding="utf-8"))
    row = {"source": "x", "confidence": "assumption"}
    content["parameters"]["most_meals"]["values"].append(
        {"from": date(2026, 10, 1), "region": "321202", "value": 5, **row}
    )
    content["rules"]["place_missing"]["values"].append(
        {"from": date(2026, 10, 1), "region": "3212", "value": "off", **row}
    )
    file = tmp_path / "rules.yaml"
    with file.open("w", encoding="utf-8") as handle:
        yaml.dump(content, handle)
    book = read(file, list(RULES))
    assert [book.terms(r, DAY).most_meals for r in (REGION, "321203001000")] == [5, 2]
    assert book.terms(REGION, date(2026, 9, 30)).most_meals == 2
    assert "place_missing" not in book.terms(REGION, DAY).effects


@pytest.mark.parametrize(
    "break_it",
    [
        lambda c: c["rules"].pop("place_missing"),
        lambda c: c["parameters"].update(surprise=1),
        lambda c: c["parameters"]["most_meals"]["values"][0].pop("source"),
        lambda c: c["grades"].pop("manual"),
        lambda c: c["rules"]["no_contract"]["values"][0].update(value="perhaps"),
    ],
)
def test_a_rulebook_with_a_mistake_does_not_load(tmp_path: Path, break_it: Any) -> None:
    yaml = YAML()
    content = yaml.load(FILE.read_text(encoding="utf-8"))
    break_it(content)
    file = tmp_path / "rules.yaml"
    with file.open("w", encoding="utf-8") as handle:
        yaml.dump(content, handle)
    with pytest.raises(ValueError, match=r".+"):
        read(file, list(RULES))


def test_every_method_has_a_grade_and_manual_is_the_weakest() -> None:
    grades = rulebook().grades
    assert {method for method, _ in grades} == set(Method)
    assert grades["manual", True] == "D" == max(grades.values())
    assert all(grades[method, True] <= grades[method, False] for method in Method)


def test_datums_differ_by_what_they_are_known_to_differ_by() -> None:
    nanjing = (32.0603, 118.7969)
    assert 500 < metres_between(nanjing, to_wgs84(*nanjing, "GCJ02")) < 580
    gcj = (39.908823, 116.397470)  # the same square in two datums
    bd = (39.915119, 116.403963)
    assert metres_between(to_wgs84(*gcj, "GCJ02"), to_wgs84(*bd, "BD09")) < 100
    assert to_wgs84(*nanjing, "WGS84") == nanjing


def test_a_degree_of_latitude_is_about_111_kilometres() -> None:
    assert metres_between((32.0, 119.0), (33.0, 119.0)) == pytest.approx(111_195, rel=0.001)


def test_neighbours_are_others_at_the_same_time_and_another_place() -> None:
    def meal(number: int, minute: int, latitude: float = 32.45, vendor: UUID = VENDOR) -> Any:
        d = delivery(
            started_at=noon(minute),
            ended_at=noon(minute + 15),
            latitude=latitude,
            vendor_id=vendor,
            senior_id=UUID(int=number),
        )
        return meal_of(UUID(int=number), d, DAY, "lunch")

    near = Neighbourhood([meal(1, 0)])
    assert not near.elsewhere(meal(1, 5, 33.0), terms()), "never its own neighbour"
    assert near.elsewhere(meal(2, 5, 33.0), terms())
    assert not near.elsewhere(meal(2, 5, 32.4505), terms()), "two doors of one building"
    assert not near.elsewhere(meal(2, 15, 33.0), terms()), "one ends when the other begins"
    assert near.same_slot(meal(1, 0)) == frozenset()
    twin = replace(meal(1, 0), delivery_id=UUID(int=5), vendor_id=OTHER)
    assert near.same_slot(twin) == {VENDOR}
    near.remove(meal(1, 0))
    assert not near.elsewhere(meal(2, 5, 33.0), terms())


def tap(number: int, second: float, metres: float = 0, **changes: Any) -> Any:
    """A meal handed over so many seconds after noon, so far north of the first; of no length unless said."""
    ended = noon(0, 12) + timedelta(seconds=second)
    began = ended - timedelta(seconds=changes.pop("seconds", 0))
    one = delivery(started_at=began, ended_at=ended, latitude=32.45 + metres / 111_195, **changes)
    return meal_of(UUID(int=number), one, DAY, "lunch")


@pytest.mark.parametrize("first", [0.0, -0.3, -1.0, 3599.9])
@pytest.mark.parametrize("seconds", [0, 300])
@pytest.mark.parametrize(
    ("later", "metres", "is_elsewhere"),
    [
        (0, 33_000, True),
        (0, 1000, True),
        (0, 300, True),
        (0, 180, False),
        (0.4, 33_000, True),
        (1, 33_000, True),
        (1, 300, True),
        (30, 33_000, True),
        (30, 1500, True),
        (30, 1000, False),
        (59, 33_000, True),
        (60, 33_000, False),
    ],
)
def test_nobody_hands_over_at_two_places_without_the_time_for_the_way(
    first: float, seconds: int, later: float, metres: float, is_elsewhere: bool
) -> None:
    """Taps have no length, and a moment may lie at the end of an hour: neither hides one from the other."""
    one, other = tap(1, first, seconds=seconds), tap(2, first + later, metres)
    assert Neighbourhood([one]).elsewhere(other, terms()) is is_elsewhere
    assert Neighbourhood([other]).elsewhere(one, terms()) is is_elsewhere


@pytest.mark.parametrize("told", [None, 0.0, -1.0, -1e12, 20_001.0, 1e12])
def test_an_uncertainty_that_says_nothing_counts_as_the_worst_that_is_allowed(told: float | None) -> None:
    assert terms().uncertainty(told) == terms().accuracy_metres == 200
    for metres, is_elsewhere in ((33_000, True), (360, False), (370, True)):
        near = Neighbourhood([tap(1, 0, accuracy_m=told)])
        assert near.elsewhere(tap(2, 0, metres, accuracy_m=15.0), terms()) is is_elsewhere


def test_where_a_place_is_missing_two_moments_say_nothing() -> None:
    nowhere = {"latitude": None, "longitude": None, "datum": None, "accuracy_m": None}
    one = meal_of(UUID(int=1), delivery(started_at=noon(0), ended_at=noon(0), **nowhere), DAY, "lunch")
    other = meal_of(UUID(int=2), delivery(started_at=noon(0), ended_at=noon(0)), DAY, "lunch")
    assert not Neighbourhood([one]).elsewhere(other, terms())


class Watched:
    """A case that notes which of its parts a rule asks for."""

    def __init__(self, given: Case) -> None:
        self.given, self.asked = given, set[str]()

    def __getattr__(self, name: str) -> Any:
        self.asked.add(name)
        return getattr(self.given, name)


def test_what_a_rule_looks_at_besides_the_delivery_is_declared() -> None:
    """Otherwise nobody would judge again when it turns out otherwise."""
    own = {"delivery", "meal", "terms", "received_at"}
    asked: dict[str, set[str]] = {code: set() for code in RULES}
    for given, _, _ in VERDICTS:
        for code, rule in RULES.items():
            watched = Watched(given)
            rule(watched)  # type: ignore[arg-type]  # it stands for a case
            asked[code] |= watched.asked - own
    assert {code: parts for code, parts in asked.items() if parts} == {code: {part} for code, part in READS.items()}

"""GB/T 42195-2022: every boundary of the bands and every combination of the rules that change a level."""

from dataclasses import replace
from datetime import date
from itertools import product
from uuid import uuid4

import pytest

from services.registry.abilities.domain import (
    AssessmentError,
    Findings,
    Reason,
    RiskEvent,
    Scale,
    assess,
    standings,
)
from services.registry.assessments.scale import load_scale

SCALE = load_scale()
MAXIMA = {item.code: item.maximum for item in SCALE.items}


def scores(total: int) -> dict[str, int]:
    """A form that adds up to a total."""
    filled = {}
    for code, maximum in MAXIMA.items():
        filled[code] = min(maximum, total)
        total -= filled[code]
    return filled


def with_both_raising(levels: int) -> Scale:
    """The scale with another value of the parameter that the standard leaves open."""
    return replace(SCALE, changes=replace(SCALE.changes, both_raise=levels))


def test_the_scale_has_26_items_of_90_points_in_four_groups() -> None:
    assert len(SCALE.items) == 26
    assert sum(MAXIMA.values()) == 90
    groups: dict[str, int] = {}
    for item in SCALE.items:
        groups[item.group] = groups.get(item.group, 0) + item.maximum
    assert list(groups.values()) == [32, 15, 28, 15]
    unusual = {code: maximum for code, maximum in MAXIMA.items() if maximum != 4}
    assert unusual == {"B.2.4": 3, "B.3.7": 1, "B.3.8": 1, "B.3.9": 2, "B.4.1": 2, "B.4.2": 2, "B.4.4": 3}


@pytest.mark.parametrize(
    ("total", "level"),
    [(90, 0), (89, 1), (66, 1), (65, 2), (46, 2), (45, 3), (30, 3), (29, 4), (0, 4)],
)
def test_the_level_follows_the_total_at_every_boundary(total: int, level: int) -> None:
    result = assess(SCALE, scores(total), Findings())
    assert (result.total, result.initial_level, result.final_level, result.reasons) == (total, level, level, ())


@pytest.mark.parametrize("together", [1, 2])
def test_the_final_level_follows_the_rules_in_every_combination(together: int) -> None:
    scale = with_both_raising(together)
    for total, coma, disorder, events in product((90, 70, 50, 40, 10), (False, True), (False, True), (0, 1, 2, 3)):
        result = assess(scale, scores(total), Findings(coma, disorder, {RiskEvent.FALL: events}))
        raised = {(False, False): 0, (True, True): together}.get((disorder, events >= 2), 1)
        assert result.final_level == (4 if coma else min(4, result.initial_level + raised))
        expected = [(Reason.COMA, coma), (Reason.MENTAL_DISORDER, disorder), (Reason.RISK_EVENTS, events >= 2)]
        assert result.reasons == tuple(reason for reason, applies in expected if applies)


def test_one_event_of_each_of_two_kinds_counts_as_two() -> None:
    one_each = Findings(risk_events={RiskEvent.FALL: 1, RiskEvent.CHOKING: 1})
    assert assess(SCALE, scores(90), one_each).final_level == 1


@pytest.mark.parametrize("code", sorted(MAXIMA))
def test_an_item_above_its_maximum_below_zero_or_missing_is_refused(code: str) -> None:
    full = dict(MAXIMA)
    without = {item: score for item, score in full.items() if item != code}
    for form, kind in (
        (full | {code: MAXIMA[code] + 1}, "range"),
        (full | {code: -1}, "range"),
        (full | {code: True}, "range"),
        (without, "missing"),
    ):
        with pytest.raises(AssessmentError) as refused:
            assess(SCALE, form, Findings())
        assert (refused.value.item, refused.value.code) == (code, kind)


def test_an_item_of_another_scale_is_refused() -> None:
    with pytest.raises(AssessmentError) as refused:
        assess(SCALE, MAXIMA | {"B.5.1": 0}, Findings())
    assert (refused.value.item, refused.value.code) == ("B.5.1", "unknown")


def test_a_result_stands_until_the_day_before_the_next() -> None:
    first, second = uuid4(), uuid4()
    late, early = (second, 2, "s", date(2026, 3, 1)), (first, 1, "s", date(2025, 1, 1))
    assert [(s.assessment_id, s.valid_to) for s in standings([late, early])] == [
        (first, date(2026, 2, 28)),
        (second, None),
    ]
    assert standings([]) == []

"""What would change a line is judged on the whole of its subject: a home has one grade, a resident her own level."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.subsidy.engine import Pack, explain
from services.subsidy.engine.alternatives import everywhere
from services.subsidy.engine.kinds import KINDS
from shared.clock import Month

OCTOBER = Month(2026, 10)
HOME = {"from_day": 1, "to_day": 31, "mode": "private", "listed": False, "home_id": "h"}


def residents(*levels: str, **more: Any) -> list[dict[str, Any]]:
    """One row for each resident of a home."""
    return [
        HOME | {"subject_id": f"a-{n}", "person_id": f"p-{n}", "care_level": level, "grade": 2} | more
        for n, level in enumerate(levels)
    ]


def told(pack: Pack, rows: list[dict[str, Any]], column: str) -> set[str]:
    """The sums that are told of another state of a column."""
    trace = explain(pack, "operating_subsidy", OCTOBER, rows)
    return {item["amount"] for item in trace["what_would_change"] if column in item["text"]["zh"]}


def due(pack: Pack, rows: list[dict[str, Any]]) -> str:
    """What these rows come to."""
    return str(explain(pack, "operating_subsidy", OCTOBER, rows)["amount"])


def test_another_grade_is_the_grade_of_the_whole_home(sample: Pack) -> None:
    rows = residents("disabled", "partly_disabled", "self_care")
    right = due(sample, [row | {"grade": 3} for row in rows])
    assert told(sample, rows, "等级") == {right}
    assert Decimal(right) == Decimal("1.2") * (200 + 100 + 50)


def test_a_remedy_mends_every_resident_whom_it_concerns(sample: Pack) -> None:
    rows = residents("disabled", "disabled", grade=1)
    trace = explain(sample, "operating_subsidy", OCTOBER, rows)
    assert {item["amount"] for item in trace["what_would_change"]} == {due(sample, residents("disabled", "disabled"))}


def test_a_level_is_one_resident_s_on_all_her_days(sample: Pack) -> None:
    """The formula of a home tells no other level; whatever does, it stays with whom it is about."""
    first, other = residents("self_care", "self_care")
    rows = [row | {"reason": None} for row in (first | {"to_day": 15}, first | {"from_day": 16}, other)]
    kind = KINDS[sample.programmes["operating_subsidy"].kind]
    changed = everywhere(kind, rows, 0, rows[0] | {"care_level": "disabled"})
    assert [row["care_level"] for row in changed] == ["disabled", "disabled", "self_care"]


def test_another_home_s_grade_and_days_of_another_grade_stay_as_they_are(sample: Pack) -> None:
    first, other = residents("self_care", "self_care")
    rows = [row | {"reason": None} for row in (first, other | {"home_id": "other"}, other | {"grade": 4})]
    kind = KINDS[sample.programmes["operating_subsidy"].kind]
    assert [row["grade"] for row in everywhere(kind, rows, 0, rows[0] | {"grade": 3})] == [3, 2, 4]


@pytest.mark.parametrize("beds", [("nursing", "ordinary")])
def test_a_longer_lease_is_the_lease_of_every_bed(sample: Pack, beds: tuple[str, ...]) -> None:
    row = {
        "subject_id": "h", "approved_beds": 10, "beds_paid_before": 0, "tenure": "leased", "lease_from": "2024-01-01",
        "lease_to": "2026-12-31", "opened_on": "2024-06-01", "mode": "private", "graded": True, "first_claim": True,
        "listed": False,
    }  # fmt: skip
    trace = explain(sample, "construction_subsidy", OCTOBER, [row | {"bed_type": bed} for bed in beds])
    assert {item["amount"] for item in trace["what_would_change"]} == {"125000.00"}

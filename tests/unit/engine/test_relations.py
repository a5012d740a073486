"""What a pack says of two benefits had together."""

from __future__ import annotations

from datetime import date

import pytest

from services.subsidy.engine import Pack, Packs


@pytest.mark.parametrize(
    ("day", "wanted"), [(date(2025, 12, 31), None), (date(2026, 12, 1), "ADD"), (date(2027, 1, 1), "COUNT_AGAINST")]
)
def test_a_relation_is_dated_and_names_its_rule(east: Pack, day: date, wanted: str | None) -> None:
    for pair in (("operating", "reward"), ("reward", "operating"), ("allowance", "operating")):
        found = east.relation(*pair, day)
        assert (found.choice if found else None) == wanted
        assert found is None or (found.parameter.id, found.source.clause) == ("stacking.operating", "第五条")


def test_a_pair_nobody_decided_is_undecided_and_a_district_may_decide_it(town: Packs, east: Pack) -> None:
    day = date(2026, 10, 1)
    assert town.for_region("321200").relation("allowance", "reward", day) is None
    decided = east.relation("allowance", "reward", day)
    assert decided is not None
    assert (decided.choice, decided.document.id) == ("HIGHER_OF", "notice")


def test_a_pair_no_rule_names_is_undecided(east: Pack) -> None:
    assert east.relation("allowance", "canteen", date(2026, 10, 1)) is None


def test_it_is_the_second_that_is_counted_against_the_first(east: Pack) -> None:
    assert east.counted("operating", "reward")
    assert not east.counted("reward", "operating")
    assert not east.counted("operating", "canteen")

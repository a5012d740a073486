"""A batch becomes few runs, and the order within a key is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import Received, visits
from shared.events.runs import runs

TYPES = [
    visits.MealDeliveryVerified.model_validate(visits.MealDeliveryVerified.EXAMPLE),
    visits.MealDeliveryFlagged.model_validate(visits.MealDeliveryFlagged.EXAMPLE),
    visits.MealDeliveryReversed.model_validate(visits.MealDeliveryReversed.EXAMPLE),
]


def _received(kind: int, key: str) -> Received[Any]:
    return Received(uuid4(), datetime(2026, 10, 1, tzinfo=UTC), key, TYPES[kind], None)


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abcd")), max_size=40))
def test_nothing_is_lost_and_every_key_keeps_its_order(batch: list[tuple[int, str]]) -> None:
    received = [_received(kind, key) for kind, key in batch]
    found = [(kind, item) for kind, items in runs(received) for item in items]
    assert all(type(item.data) is kind for kind, item in found)
    for key in "abcd":
        assert [item.id for _, item in found if item.key == key] == [item.id for item in received if item.key == key]
    assert len(found) == len(received)


def test_mixed_types_of_different_keys_become_one_run_per_type() -> None:
    received = [_received(number % 3, str(number)) for number in range(300)]
    assert [len(items) for _, items in runs(received)] == [100, 100, 100]


def test_a_reversal_after_its_verification_comes_in_a_later_run() -> None:
    received = [_received(2, "x"), _received(0, "a"), _received(2, "a"), _received(0, "a")]
    assert [kind.__name__ for kind, _ in runs(received)] == [
        "MealDeliveryReversed",
        "MealDeliveryVerified",
        "MealDeliveryReversed",
        "MealDeliveryVerified",
    ]

"""The relay's cursor publishes every committed position once, whatever the order of commits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.events.cursor import Cursor, Gap


def test_positions_that_are_not_there_become_a_gap() -> None:
    assert Cursor().passed([1, 2, 5, 9], 100) == Cursor(9, (Gap(3, 4, 100), Gap(6, 8, 100)))


def test_what_appears_in_a_gap_splits_it_and_keeps_its_horizon() -> None:
    cursor = Cursor(9, (Gap(3, 8, 100),)).passed([5, 8, 10], 200)
    assert cursor == Cursor(10, (Gap(3, 4, 100), Gap(6, 7, 100)))


def test_a_gap_is_forgotten_only_when_everyone_who_could_fill_it_has_ended() -> None:
    cursor = Cursor(9, (Gap(3, 4, 100), Gap(6, 6, 150)))
    assert cursor.settled(99) == cursor
    assert cursor.settled(100) == Cursor(9, (Gap(6, 6, 150),))


def test_gaps_are_written_as_a_multirange() -> None:
    assert Cursor(9, (Gap(3, 4, 100), Gap(6, 6, 150))).multirange() == "{[3,4],[6,6]}"
    assert Cursor(9).multirange() == "{}"


@st.composite
def _histories(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Transactions that take positions in order and end in any order: (commit, roll back or read; which one)."""
    count = draw(st.integers(1, 12))
    steps = [
        (draw(st.sampled_from(["commit", "roll back"])), number)
        for number in draw(st.permutations(range(1, count + 1)))
    ]
    for _ in range(draw(st.integers(0, 6))):
        steps.insert(draw(st.integers(0, len(steps))), ("read", 0))
    return [*steps, ("read", 0), ("read", 0)]


@given(_histories(), st.integers(1, 5))
def test_in_any_history_every_committed_position_is_published_exactly_once(
    steps: list[tuple[str, int]], limit: int
) -> None:
    """Transaction n takes position n and has number n; all begin before the first step."""
    cursor, published, visible = Cursor(), [], set[int]()
    open_ = {number for step, number in steps if number}
    for step, number in [*steps, *[("read", 0)] * len(steps)]:
        if step != "read":
            open_.discard(number)
            visible |= {number} if step == "commit" else set()
            continue
        oldest = min(open_, default=1000)
        seen = [p for p in sorted(visible) if p > cursor.position or any(g.first <= p <= g.last for g in cursor.gaps)]
        rows = seen[:limit]
        published += rows
        cursor = cursor.passed(rows, 1000) if rows else cursor
        if len(rows) < limit:
            cursor = cursor.settled(oldest)
    assert sorted(published) == sorted(visible)
    assert cursor.gaps == ()

"""Work that must not end, and what health says of it."""

from __future__ import annotations

import asyncio

import pytest

from shared.supervision import Progress, keep_alive


class Hand:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hand() -> Hand:
    """The clock of a test."""
    return Hand()


def test_work_that_waits_and_does_not_move_is_trouble_and_says_how_much_and_how_long(hand: Hand) -> None:
    progress = Progress(30, hand)
    for hand.now in range(0, 31, 5):
        progress.saw("here", 7)
        assert progress.trouble() is None
    hand.now = 31
    progress.saw("here", 7)
    assert progress.trouble() == "7 wait and none was done for 31 s"
    progress.saw("further", 6)
    assert progress.trouble() is None


def test_nothing_to_do_is_no_trouble_however_long(hand: Hand) -> None:
    progress = Progress(30, hand)
    for hand.now in range(0, 1000, 5):
        progress.saw("here", 0)
    assert progress.trouble() is None


def test_work_that_comes_after_a_long_quiet_time_has_its_whole_time(hand: Hand) -> None:
    progress = Progress(30, hand)
    for hand.now in range(0, 1000, 5):
        progress.saw("here", 0)
    hand.now = 1000
    progress.saw("here", 5)
    assert progress.trouble() is None


def test_what_nobody_could_look_at_for_long_is_trouble(hand: Hand) -> None:
    progress = Progress(30, hand)
    hand.now = 31
    assert progress.trouble() == "nobody knows how far it is: no answer for 31 s"


@pytest.mark.parametrize("end", [ValueError("x"), asyncio.CancelledError(), OSError(), KeyError("y"), RecursionError()])
async def test_work_begins_again_whatever_ended_it(end: BaseException) -> None:
    lives = 0

    async def live() -> None:
        nonlocal lives
        lives += 1
        if lives < 4:
            raise end

    await asyncio.wait_for(keep_alive("work", live, 0.001), 5)
    assert lives == 4


async def test_work_ends_with_the_task_that_keeps_it_alive() -> None:
    ended = asyncio.Event()

    async def live() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    task = asyncio.create_task(keep_alive("work", live, 0.001))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert ended.is_set()
    assert task.cancelled()

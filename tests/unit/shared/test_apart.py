"""Work apart from the loop leaves the loop alone, and is ended when its time is over."""

from __future__ import annotations

import asyncio
import os
import time

import pytest

from shared.apart import TooCostly, apart
from shared.errors import Invalid


def ten_to(exponent: int) -> int:
    """One step of the interpreter that nothing can interrupt."""
    return int(10**exponent).bit_length()


def whose() -> int:
    """The process that works."""
    return os.getpid()


def refuse() -> None:
    """A problem with everything it says."""
    raise Invalid("No.", "不。", region="321202")


async def longest_pause(work: asyncio.Task[int]) -> float:
    """How long the loop did nothing else while something works."""
    longest, last = 0.0, time.perf_counter()
    while not work.done():
        await asyncio.sleep(0.01)
        longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
    return longest


async def test_a_long_step_of_the_interpreter_holds_nobody_else() -> None:
    assert await apart(whose) != os.getpid()
    started = time.perf_counter()
    work = asyncio.create_task(apart(ten_to, 4_000_000))
    pause = await longest_pause(work)
    assert pause < max(0.5, (time.perf_counter() - started) / 2)
    await work


async def test_what_takes_too_long_is_ended_and_said_so() -> None:
    await apart(whose)
    with pytest.raises(TooCostly) as told:
        await apart(ten_to, 2_000_000_000, seconds=0.2)
    assert told.value.status == 422
    assert await apart(whose) != os.getpid()


async def test_a_problem_comes_back_whole() -> None:
    with pytest.raises(Invalid) as told:
        await apart(refuse)
    assert (told.value.en, told.value.zh, told.value.extra) == ("No.", "不。", {"region": "321202"})

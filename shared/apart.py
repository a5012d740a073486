"""Work that takes CPU, apart from the loop: in a process of its own, ended when its time is over.

A thread is not enough: one long step of the interpreter holds every thread, and no thread can be ended.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple
from weakref import WeakKeyDictionary

from anyio import BrokenWorkerProcess, to_process

from shared.errors import Invalid, Unavailable

SECONDS, LONGEST, WAIT, AT_ONCE = 10.0, 60.0, 10.0, 2
"""Of the processor, for one piece of work; until its answer, on whatever machine; for its turn; pieces at once."""
T = TypeVar("T")
Args = TypeVarTuple("Args")
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class TooCostly(Invalid):
    """Working it out takes more time than one request may use."""

    slug, title_en, title_zh = "too-costly", "Takes more time than a request may use", "处理耗时超过单次请求的上限"


async def apart(function: Callable[[*Args], T], *args: *Args, seconds: float = SECONDS) -> T:
    """What a function answers that another process calls; its arguments and its answer are copied.

    TooCostly (422) when it takes more seconds of the processor, Unavailable (503) when its turn does not come in time.
    """
    turns = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
    try:
        await asyncio.wait_for(turns.acquire(), WAIT)
    except TimeoutError:
        raise Unavailable from None
    try:
        work = to_process.run_sync(_bounded, function, args, seconds, cancellable=True)
        return await asyncio.wait_for(work, LONGEST)
    except (BrokenWorkerProcess, TimeoutError):
        en = f"It took more than {seconds:g} seconds and was stopped. Ask for less at once."
        raise TooCostly(en, f"处理超过{seconds:g}秒,已停止。请减少单次请求的内容。") from None
    finally:
        turns.release()


def _bounded(function: Callable[[*Args], T], args: tuple[*Args], seconds: float) -> T:
    """In the other process: the kernel ends it when its seconds are used up, even in the midst of one long step."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return function(*args)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)

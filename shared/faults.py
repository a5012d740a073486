"""What a process may say of an error: which and where, never its words, in which libraries repeat rows and values."""

from __future__ import annotations

import errno
import math
import time
import traceback
from pathlib import Path
from types import TracebackType

NO_ROOM = "53100"
"""PostgreSQL's state for a full disk. It is nobody's fault, and over by itself as soon as there is room."""
FULL_FOR = 30.0
"""Seconds for which a service says that a disk was full."""
_NO_ROOM_HERE = {errno.ENOSPC, errno.EDQUOT}
_ROOT = Path(__file__).parents[1]


class PlainError(Exception):
    """An error of ours whose words name fields and limits and no value, so that they may be kept."""


def root(error: BaseException) -> BaseException:
    """The driver's own error, which SQLAlchemy wraps twice; any other error itself."""
    inner = getattr(error, "orig", None)
    return getattr(inner, "__cause__", None) or inner or error


def state(error: BaseException) -> str:
    """PostgreSQL's SQLSTATE; empty for what is none of its errors."""
    return str(getattr(root(error), "sqlstate", None) or "")


def lacks_room(error: BaseException) -> bool:
    """Whether a disk is full, the database's or this machine's."""
    cause = root(error)
    return state(error) == NO_ROOM or (isinstance(cause, OSError) and cause.errno in _NO_ROOM_HERE)


class Room:
    """Whether a disk was full lately, for readiness."""

    def __init__(self) -> None:
        self._full_at = -math.inf

    def lacked(self) -> None:
        """It was full just now."""
        self._full_at = time.monotonic()

    def trouble(self) -> str | None:
        """What an operator should know for half a minute after that; None while all is well."""
        seconds = time.monotonic() - self._full_at
        if seconds > FULL_FOR:
            return None
        return f"a disk was full {seconds:.0f} s ago, nothing was written; with room again all goes on by itself"


def facts(error: BaseException) -> dict[str, str | None]:
    """For a log line about a fault: the error's type, PostgreSQL's state, the constraint and the way there."""
    cause = root(error)
    return {
        "error": type(cause).__name__,
        "sqlstate": getattr(cause, "sqlstate", None),
        "constraint": getattr(cause, "constraint_name", None),
        "stack": "".join(traceback.format_tb(error.__traceback__)),
    }


def named(error: BaseException) -> str:
    """The same in one short line, for what is said often; the words too, where they are ours."""
    cause = root(error)
    number = cause.errno if isinstance(cause, OSError) else None
    if isinstance(cause, PlainError):
        return f"{type(cause).__name__}: {cause}"
    told = [
        type(cause).__name__,
        state(error),
        str(getattr(cause, "constraint_name", None) or ""),
        errno.errorcode.get(number, "") if number is not None else "",
        _place(error.__traceback__),
    ]
    return " ".join(part for part in told if part)


def _place(trace: TracebackType | None) -> str:
    """The last line of ours that the error came through."""
    frames = [frame for frame in traceback.extract_tb(trace) if Path(frame.filename).is_relative_to(_ROOT)]
    own = [frame for frame in frames if ".venv" not in Path(frame.filename).parts]
    return f"at {Path(own[-1].filename).relative_to(_ROOT)}:{own[-1].lineno}" if own else ""

"""Which failures are the message's fault and which are not."""

from __future__ import annotations

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shared.events.envelope import storable
from shared.faults import named, root, state

# SQLSTATE classes and codes: connection, transaction rollback (serialization, deadlock), resources, shutdown, lock wait
_TRANSIENT = ("08", "40", "53", "57P01", "57P02", "57P03", "55P03", "58")
_TEXT_LIMIT = 500


def transient(error: BaseException) -> bool:
    """Whether trying the same again later can succeed by itself: the database was away, busy or chose a victim."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    cause = root(error)
    if isinstance(cause, (OSError, PoolTimeoutError)):
        return True  # OSError: refused, reset or timed-out connections
    if isinstance(cause, asyncpg.InterfaceError):
        return "closed" in str(cause)  # the same class also says that a value has the wrong type
    return state(error).startswith(_TRANSIENT)


def describe(error: BaseException) -> str:
    """An error in one short line that may be kept: which and where, and its words where they are ours."""
    return storable(named(error), _TEXT_LIMIT)

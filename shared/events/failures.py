"""Which failures are the message's fault and which are not."""

from __future__ import annotations

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shared.events.envelope import storable

# SQLSTATE classes and codes: connection, transaction rollback (serialization, deadlock), resources, shutdown, lock wait
_TRANSIENT = ("08", "40", "53", "57P01", "57P02", "57P03", "55P03", "58")
_TEXT_LIMIT = 500


def transient(error: BaseException) -> bool:
    """Whether trying the same again later can succeed by itself: the database was away, busy or chose a victim."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    root = _root(error)
    if isinstance(root, (OSError, PoolTimeoutError)):
        return True  # OSError: refused, reset or timed-out connections
    if isinstance(root, asyncpg.InterfaceError):
        return "closed" in str(root)  # the same class also says that a value has the wrong type
    return str(getattr(root, "sqlstate", None) or "").startswith(_TRANSIENT)


def describe(error: BaseException) -> str:
    """An error in one short line. Statements and bound values are left out: they may hold personal data."""
    root = _root(error)
    said = root.args[0] if root.args else ""  # asyncpg's own text goes on with DETAIL, which names the row
    return storable(f"{type(root).__name__}: {said}", _TEXT_LIMIT)


def _root(error: BaseException) -> BaseException:
    """The driver's own error under SQLAlchemy's wrappers."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error

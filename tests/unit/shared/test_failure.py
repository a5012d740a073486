"""What people read of a job that failed for good is a sentence in both languages, whatever the error held."""

from __future__ import annotations

import re

import asyncpg
import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from shared.errors import Unavailable
from shared.failure import described

SQL = "INSERT INTO seniors (name) VALUES ('张建国') -- 321202194103050025"


def from_driver(kind: type[asyncpg.PostgresError], **fields: str) -> DBAPIError:
    """An error as SQLAlchemy hands it on."""
    cause = kind(SQL)
    vars(cause).update(fields)
    original = Exception(SQL)
    original.__cause__ = cause
    return DBAPIError(SQL, {"name": "张建国"}, original)


@pytest.mark.parametrize(
    ("error", "zh"),
    [
        (from_driver(asyncpg.NumericValueOutOfRangeError), "系统内部错误"),
        (from_driver(asyncpg.UniqueViolationError, constraint_name="lines_once"), "数据之间不相符:lines_once"),
        (from_driver(asyncpg.CannotConnectNowError), "系统的某一部分没有应答"),
        (ConnectionRefusedError(SQL), "系统的某一部分没有应答"),
        (httpx.ConnectTimeout(SQL), "系统的某一部分没有应答"),
        (TimeoutError(SQL), "系统的某一部分没有应答"),
        (Unavailable("Not now.", "暂时不可用。"), "暂时不可用。"),
        (ArithmeticError(SQL), "系统内部错误"),
        (KeyError(SQL), "系统内部错误"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_no_text_of_an_error_reaches_people(error: Exception, zh: str) -> None:
    told = described(error, "calculate_run")
    assert told.startswith(zh)
    assert re.search(r"[A-Za-z]{3}.*\[[0-9a-f]{12}\]$", told)
    assert not any(word in told for word in ("INSERT", "张建国", "321202", "Error", "VALUES"))

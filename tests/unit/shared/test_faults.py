"""What is said of an error names it and its place; its words, in which values stand, are never among it."""

from __future__ import annotations

import errno
import json
import logging

import asyncpg
import pytest
import structlog
from sqlalchemy.exc import DBAPIError

from shared import faults, telemetry
from shared.events.failures import describe
from shared.settings import Settings

SECRET = "321202194907183316"


def _wrapped(kind: type[asyncpg.PostgresError]) -> DBAPIError:
    """An error of the driver as SQLAlchemy hands it on."""
    original = Exception(SECRET)
    original.__cause__ = kind(SECRET)
    return DBAPIError(SECRET, {"number": SECRET}, original)


ERRORS: list[Exception] = [
    ValueError(SECRET),
    KeyError(SECRET),
    OSError(errno.ENOSPC, SECRET),
    ConnectionRefusedError(errno.ECONNREFUSED, SECRET),
    asyncpg.DiskFullError(SECRET),
    _wrapped(asyncpg.UniqueViolationError),
    _wrapped(asyncpg.DiskFullError),
]


def fail(error: Exception) -> None:
    """Raise it here."""
    raise error


def caught(error: Exception) -> Exception:
    """The error, raised here."""
    with pytest.raises(type(error)) as found:
        fail(error)
    return found.value


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_neither_form_says_the_words(error: Exception) -> None:
    error = caught(error)
    for said in (faults.named(error), describe(error), json.dumps(faults.facts(error))):
        assert type(faults.root(error)).__name__ in said
        assert SECRET not in said
    assert "tests/unit/shared/test_faults.py" in faults.named(error)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_whatever_way_an_error_comes_to_a_log_its_words_stay_out(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry.configure(Settings(service="visits", database_url="postgresql+asyncpg://x@/y"))
    log = structlog.get_logger("test")
    try:
        fail(error)
    except Exception as found:
        log.exception("first")
        log.error("second", exc_info=found)  # noqa: TRY400  # each way is tried
        log.warning("third", what=found)
        logging.getLogger("aiokafka.client").error("no node %s: %s", 1, found)  # noqa: TRY400  # as above
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["first", "second", "third", "library"]
    assert all(type(faults.root(error)).__name__ in json.dumps(line) for line in lines)
    assert SECRET not in json.dumps(lines)


def test_words_of_ours_that_name_no_value_may_be_kept() -> None:
    assert describe(faults.PlainError("a record is longer than a batch")).endswith("a record is longer than a batch")


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "x"), True),
        (OSError(errno.EDQUOT, "x"), True),
        (OSError(errno.ECONNREFUSED, "x"), False),
        (asyncpg.DiskFullError("x"), True),
        (_wrapped(asyncpg.DiskFullError), True),
        (asyncpg.OutOfMemoryError("x"), False),
        (ValueError("No space left on device"), False),
    ],
)
def test_a_full_disk_is_known_by_its_number_alone(error: Exception, full: bool) -> None:
    assert faults.lacks_room(error) is full

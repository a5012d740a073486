"""The commands for what failed for good, and the service that answers them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text

from shared.contracts import Received, visits
from shared.database import Database, Scope
from shared.events import deadletters
from shared.events.__main__ import main
from shared.events.consumer import Consumer
from shared.events.envelope import Message
from shared.ids import new_id
from tests.contract.worlds import verified


@pytest.fixture
def database(database_of: Any, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The database of subsidy, named in the environment as an operator would."""
    found: Database = database_of("subsidy")
    monkeypatch.setenv("ANXIANG_DATABASE_URL", found.url)
    return found


async def _bury(database: Database, data: bytes | None = None, error: str = "ValueError: mended since") -> UUID:
    event = verified(meals=9)
    data = event.model_dump_json().encode() if data is None else data
    message = Message(new_id(), event.TYPE, event.TOPIC, event.key(), datetime.now(UTC), None, data)
    async with database.transaction(Scope.everywhere()) as session:
        await deadletters.put(session, [deadletters.Letter(message, error, 5)], "subsidy")
        return (await deadletters.find(session))[-1].id


async def _status(database: Database) -> list[tuple[str, str | None]]:
    async with database.transaction(Scope.everywhere()) as session:
        rows = await session.execute(text("SELECT status, note FROM dead_letters ORDER BY failed_at"))
        return [(row[0], row[1]) for row in rows]


async def _command(*words: str) -> int:
    return await asyncio.to_thread(main, ["dlq", *words, "--service", "subsidy"])


async def test_list_shows_what_is_open(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    letter = await _bury(database)
    assert await _command("list") == 0
    said = capsys.readouterr().out
    assert str(letter) in said
    assert "ValueError: mended since" in said


async def test_show_says_that_a_replay_hands_on_exactly_what_came(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await _command("show", str(await _bury(database))) == 0
    assert "A replay hands exactly this to the handler." in capsys.readouterr().out


async def test_show_says_what_a_replay_would_read_differently(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    data = orjson.dumps(orjson.loads(verified().model_dump_json()) | {"vehicle": "bicycle"})
    await _command("show", str(await _bury(database, data)))
    assert '- "vehicle": "bicycle"' in capsys.readouterr().out


async def test_show_says_that_a_replay_would_fail_again(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    await _command("show", str(await _bury(database, b"\xff\x00")))
    said = capsys.readouterr().out
    assert "A replay would fail again: data does not validate: data: json_invalid." in said
    assert "b'\\xff\\x00'" in said


async def test_replay_without_yes_only_shows(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert await _command("replay", str(await _bury(database))) == 0
    assert "Nothing done." in capsys.readouterr().out
    assert await _status(database) == [("open", None)]


async def test_replay_waits_for_the_service_and_says_how_it_went(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    handled: list[int] = []

    async def handle(_session: Any, received: Sequence[Received[Any]]) -> None:
        if handled and len(handled) == 1:
            handled.append(-1)
            raise ValueError("not mended yet")
        handled.extend(item.data.meals for item in received)

    consumer = Consumer("subsidy", database, {visits.MealDeliveryVerified: handle})
    await _bury(database)
    await _bury(database)
    asked = asyncio.create_task(_command("replay", "all", "--yes"))
    while not asked.done():
        await consumer.replay_requested()
        await asyncio.sleep(0.05)
    said = capsys.readouterr().out
    assert asked.result() == 1
    assert handled == [9, -1]
    assert sorted(status for status, _ in await _status(database)) == ["open", "replayed"]
    assert "open, ValueError at tests" in said


async def test_replay_says_when_no_service_answers(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert await _command("replay", str(await _bury(database)), "--yes", "--wait", "0.3") == 1
    assert "requested; the service does it when it runs" in capsys.readouterr().out


async def test_skip_keeps_the_reason_and_cannot_be_done_twice(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = str(await _bury(database))
    assert await _command("skip", letter, "--reason", "test data") == 0
    assert await _status(database) == [("skipped", "test data")]
    assert await _command("skip", letter, "--reason", "again") == 1
    assert "1 of 1 skipped." in capsys.readouterr().out


async def test_an_unknown_letter_is_said_to_be_unknown(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert await _command("show", str(new_id())) == 1
    assert "No dead letter" in capsys.readouterr().err

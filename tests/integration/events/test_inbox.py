"""The inbox: an event is one by its source and its id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from shared.contracts import Received, visits
from shared.database import Database, Scope
from shared.events.consumer import Consumer
from shared.events.envelope import Message, from_headers, to_headers
from shared.ids import new_id
from tests.contract.worlds import verified

SOURCES = ("", "/elsewhere/vendor", "urn:uuid:019a4c00-0000-7000-8000-00000000000a", "/" + "长" * 3000)


def _message(source: str) -> Message:
    event = verified()
    given = Message(new_id(), event.TYPE, event.TOPIC, event.key(), datetime.now(UTC), None, b"{}", source=source)
    return given._replace(data=event.model_dump_json().encode())


def _over_kafka(message: Message) -> Message:
    key, headers = message.key.encode(), to_headers(message)
    return from_headers(message.topic, "0/0", key, headers, message.data, stored_ms=0)


class Counter:
    """A consumer that counts what it handles."""

    def __init__(self, database: Database) -> None:
        self.ids: list[Any] = []
        self.consumer = Consumer("subsidy", database, {visits.MealDeliveryVerified: self._handle})

    async def _handle(self, _session: Any, received: Sequence[Received[Any]]) -> None:
        self.ids += [each.id for each in received]


@pytest.mark.parametrize("at_once", [True, False])
async def test_one_id_from_several_sources_is_as_many_events_and_each_is_handled_once(
    database_of: Any, at_once: bool
) -> None:
    counter, first = Counter(database_of("subsidy")), _message("")
    heard = [_over_kafka(first._replace(source=source)) for source in SOURCES] * 2
    for batch in [heard] if at_once else [[each] for each in heard]:
        await counter.consumer.deliver(batch)
    await counter.consumer.deliver(heard)
    assert counter.ids == [first.id] * len(SOURCES)


async def test_what_was_handled_before_sources_were_kept_is_not_handled_again(database_of: Any) -> None:
    database: Database = database_of("subsidy")
    counter, message = Counter(database), _message("")
    async with database.transaction(Scope.everywhere()) as session:
        await session.execute(text("INSERT INTO inbox (id) VALUES (:id)"), {"id": message.id})
    await counter.consumer.deliver([_over_kafka(message._replace(source=source)) for source in SOURCES])
    assert counter.ids == []


@pytest.mark.parametrize("source", SOURCES[:3])
def test_a_source_survives_its_way_over_the_bus(source: str) -> None:
    message = _message(source)
    assert _over_kafka(message) == message._replace(place="0/0")

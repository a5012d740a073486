"""Every read model of every service ends in the same state, whatever the order in which events come, however often, and
however late a dead letter is replayed. Taken from the handlers' own dictionaries: a new handler is tried unasked."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from deploy.local import postgres
from deploy.migrations.run import SERVICES
from shared.contracts import Event
from shared.contracts import visits as meals
from shared.contracts.credit import SubjectDelisted, SubjectListed
from shared.database import Database, Scope
from shared.events import deadletters
from shared.events.consumer import Consumer, Patience
from shared.events.envelope import Message
from tests.support.database import password

SUBJECT = UUID("019a4c00-0000-7000-8000-00000000000a")
BEGAN = datetime(2026, 10, 1, tzinfo=UTC)
KERNEL = ("outbox", "inbox", "dead_letters", "pgqueuer", "audit", "idempotency", "alembic")
OF_ARRIVAL = {"received_at", "lead_id", "moved"}
"""Columns that say when and under which number something came."""
REGIONS = ("321202001000", "321202002000", "321203001000", "321203002000")


def _handlers(service: str) -> Mapping[type[Event], Any]:
    found: Mapping[type[Event], Any] = importlib.import_module(f"services.{service}.handlers").HANDLERS
    return found


def _snapshots(kind: type[Event]) -> Iterator[Event]:
    """Four versions, each with another region and, where it has them, other days."""
    days: list[dict[str, Any]] = [{}, {}, {}, {}]
    if "died_on" in kind.model_fields:
        home = {"valid_from": "2020-01-01", "valid_to": "2026-03-01"}
        days = [
            {},
            {"died_on": "2026-05-01"},
            {"status": "moved_out", "residences": [{"region": REGIONS[2], **home}]},
            {},
        ]
    if "discharged_on" in kind.model_fields:
        days = [{"admitted_on": f"2026-0{month}-01", "discharged_on": f"2026-0{month}-20"} for month in range(1, 5)]
    for version, changes in enumerate(days, 1):
        yield kind.model_validate(kind.EXAMPLE | {"version": version, "region": REGIONS[version - 1]} | changes)


def _history() -> Iterator[Event]:
    """One delivery: doubted, found good, undone, doubted again, and so on; and one that was good at once."""
    told: list[type[Event]] = [
        meals.MealDeliveryFlagged, meals.MealDeliveryVerified, meals.MealDeliveryReversed, meals.MealDeliveryRejected,
        meals.MealDeliveryVerified, meals.MealDeliveryReversed, meals.MealDeliveryVerified,
    ]  # fmt: skip
    for ends in (4, 6, 7):
        delivery = {"delivery_id": str(UUID(int=ends)), "vendor_id": str(SUBJECT)}
        for sequence, kind in enumerate(told[:ends], 1):
            yield kind.model_validate(kind.EXAMPLE | delivery | {"sequence": sequence})


APPENDED = {"subsidy"}
"""Keeps decisions as they were known at every moment, never changed: there each is told once, as credit does."""


def _listings(service: str) -> Iterator[Event]:
    """A decision and its end, each told twice with other days."""
    for day in ("2026-10-08", "2026-10-09")[: 1 if service in APPENDED else 2]:
        yield SubjectListed.model_validate(SubjectListed.EXAMPLE | {"listed_on": day})
        yield SubjectDelisted.model_validate(SubjectDelisted.EXAMPLE | {"delisted_on": day})


def events_of(service: str) -> list[Message]:
    """What a service hears of a few subjects, in the order in which it was said."""
    kinds = _handlers(service)
    said: list[Event] = [e for e in (*_history(), *_listings(service)) if type(e) in kinds]
    for kind in kinds:
        if "version" in kind.model_fields:
            said += _snapshots(kind)
        elif kind not in {type(e) for e in said}:
            whose = {"beneficiary_id": str(SUBJECT)} if "beneficiary_id" in kind.model_fields else {}
            said.append(kind.model_validate(kind.EXAMPLE | whose))
    assert {type(e) for e in said} == kinds.keys()
    return [
        Message(
            UUID(int=number + (7 << 76) + (2 << 62)),
            e.TYPE,
            e.TOPIC,
            e.key(),
            BEGAN + timedelta(minutes=number),
            None,
            e.model_dump_json().encode(),
        )
        for number, e in enumerate(said)
    ]


class World:
    """A service's consumer, whose handlers fail on the messages that are cursed."""

    def __init__(self, server: postgres.Server, name: str, service: str) -> None:
        self.url = server.superuser_url(name).replace("+asyncpg", "")
        self.service = service
        self.database = Database(server.url(service, password(service), name), service, pool_size=2)
        self.cursed: set[UUID] = set()
        handlers = {kind: self._failing(handler) for kind, handler in _handlers(service).items()}
        self.consumer = Consumer(service, self.database, handlers, Patience(attempts=1))

    def _failing(self, handler: Any) -> Any:
        async def handle(session: Any, received: Sequence[Any]) -> None:
            if self.cursed & {each.id for each in received}:
                raise ValueError("cursed")
            await handler(session, received)

        return handle

    async def hear(self, batches: Sequence[Sequence[Message]], cursed: set[UUID]) -> dict[str, list[str]]:
        """From nothing: the batches, then the dead letters; what the read models say in the end."""
        await self._tables("TRUNCATE {table} CASCADE", kernel=True)
        self.cursed = cursed
        for batch in batches:
            await self.consumer.deliver(batch)
        self.cursed = set()
        async with self.database.transaction(Scope.everywhere()) as session:
            letters = await deadletters.find(session)
            assert {letter.event_id for letter in letters} == cursed
            await session.execute(text("UPDATE dead_letters SET status = 'requested'"))
        await self.consumer.replay_requested()
        return await self._tables("SELECT to_jsonb(t)::text FROM {table} t")

    async def _tables(self, query: str, *, kernel: bool = False) -> dict[str, list[str]]:
        connection = await asyncpg.connect(self.url)
        try:
            rows = await connection.fetch(
                "SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace"
                " AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> ALL ($2::text[]) ORDER BY relname",
                self.service,
                ["outbox_relay", "alembic_version"],
            )
            tables = [row[0] for row in rows if kernel or not row[0].startswith(KERNEL)]
            return {
                table: sorted(
                    _comparable(row[0]) for row in await connection.fetch(query.format(table=f"{self.service}.{table}"))
                )
                for table in tables
            }
        finally:
            await connection.close()


def _comparable(row: str) -> str:
    values = json.loads(row)
    hidden = OF_ARRIVAL | ({"recorded_at"} if "source_id" in values else set())
    return json.dumps({name: value for name, value in values.items() if name not in hidden}, sort_keys=True)


@st.composite
def _arrivals(draw: st.DrawFn, said: Sequence[Message]) -> tuple[list[list[Message]], set[UUID]]:
    order = draw(st.permutations([*said, *draw(st.lists(st.sampled_from(list(said)), max_size=8))]))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=6)))
    batches = [list(order[a:b]) for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True) if a < b]
    return batches, {message.id for message in draw(st.lists(st.sampled_from(list(said)), max_size=5))}


@pytest.mark.parametrize("service", SERVICES)
@settings(max_examples=5, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_read_models_end_the_same_in_any_order_with_repetitions_and_replays(
    postgres: postgres.Server, database_name: str, service: str, data: st.DataObject
) -> None:
    said = events_of(service)
    batches, cursed = data.draw(_arrivals(said))

    async def both() -> tuple[Any, Any]:
        world = World(postgres, database_name, service)
        try:
            return await world.hear([[each] for each in said], set()), await world.hear(batches, cursed)
        finally:
            await world.database.close()

    in_order, otherwise = asyncio.run(both())
    assert otherwise == in_order
    assert any(in_order.values())

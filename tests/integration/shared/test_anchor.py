"""Where a log is anchored: its head is told once a minute, signed, and kept by another service; whoever moves the head
back, cuts the tail or writes the chain anew stands against what that one has."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from deploy.local.postgres import Server
from deploy.migrations.run import SERVICES
from services.credit.handlers import HANDLERS as CREDIT
from services.registry.handlers import HANDLERS as REGISTRY
from shared import audit, audit_anchor
from shared.audit_keeping import MOST, SCOPE, keeper_of
from shared.audit_sealer import Sealer
from shared.auth import Caller
from shared.clock import now
from shared.contracts import EVENTS, Received
from shared.contracts.audit import OF
from shared.database import Scope
from shared.events import outbox
from shared.http import ServiceClient
from shared.ids import new_id
from tests.integration.shared.test_edge import assert_problem
from tests.support import tokens
from tests.support.services import RunningService, ServiceFactory

CLERK = Caller("clerk", "李", None, frozenset(), ("321202",))
KEEPERS = {"credit": CREDIT, "registry": REGISTRY}
CHAIN = """
DO $$ DECLARE e record; before bytea := ''; BEGIN
FOR e IN SELECT * FROM audit_entries ORDER BY position LOOP
    before := sha256(before || convert_to(audit_field(e.position::text)
        || audit_field(to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')) || audit_field(e.region)
        || audit_field(e.client) || audit_field(e.subject) || audit_field(e.action)
        || audit_field(e.target) || audit_field(e.purpose) || audit_field(e.detail::text), 'UTF8'));
    UPDATE audit_entries SET hash = before WHERE position = e.position;
END LOOP;
UPDATE audit_head SET hash = before, position = (SELECT max(position) FROM audit_entries);
END $$;
"""
"""A chain written anew by somebody who rules the database: it fits itself."""


class Pair:
    """A service whose log is anchored, and the one that keeps its checkpoints."""

    def __init__(self, own: RunningService, keeper: RunningService, rule: Callable[[str], Awaitable[None]]) -> None:
        self.own, self.keeper, self.rule = own, keeper, rule
        self.name, self.away = own.database.schema, False
        clients = ServiceClient(own.kernel.settings, httpx.MockTransport(self._gateway))
        object.__setattr__(own.kernel, "clients", clients)

    async def _gateway(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("away")
        if request.method == "POST":
            granted = tokens.token([SCOPE], [""], client=f"service-{self.name}")
            return httpx.Response(200, json={"access_token": granted, "expires_in": 600})
        path = str(request.url.raw_path.decode()).removeprefix(f"/{keeper_of(self.name)}")
        async with self.keeper.anonymous({"authorization": request.headers["authorization"]}) as http:
            return await http.get(path)

    async def write(self, count: int) -> None:
        """So many entries, sealed."""
        async with self.own.database.transaction(Scope(())) as session:
            for number in range(count):
                await audit.record(session, CLERK, "toy.look", str(number))
        await audit.seal(self.own.database)

    async def tell(self) -> bool:
        """A checkpoint, and its way to the keeper."""
        told = await audit_anchor.checkpoint(self.own.database, self.own.kernel.keyring, self.name, every=0)
        async with self.own.database.transaction(Scope(())) as session:
            rows = (
                await session.execute(
                    text("SELECT type, data FROM outbox WHERE topic = :t"), {"t": f"{self.name}.audit"}
                )
            ).all()
        for row in rows:  # all of them, again and again
            event = EVENTS[row.type].model_validate_json(bytes(row.data))
            async with self.keeper.database.transaction(Scope.everywhere()) as session:
                handler = KEEPERS[keeper_of(self.name)][type(event)]
                await handler(session, [Received(new_id(), now(), event.key(), event, None)])
        return told

    async def proof(self) -> dict[str, Any]:
        """What the route says."""
        async with self.own.client("audit:read") as http:
            answer = await http.get("/v1/audit/verification")
        found: dict[str, Any] = answer.raise_for_status().json()
        return found


@pytest.fixture(params=SERVICES)
async def pair(
    request: pytest.FixtureRequest, start_service: ServiceFactory, postgres: Server, database_name: str
) -> Pair:
    """Each service with its keeper."""
    name: str = request.param
    own, keeper = [await start_service(one, roles="api") for one in (name, keeper_of(name))]

    async def rule(script: str) -> None:
        connection = await asyncpg.connect(postgres.superuser_url(database_name).replace("+asyncpg", ""))
        try:
            await connection.execute(f"SET search_path = {name};{script}")
        finally:
            await connection.close()

    return Pair(own, keeper, rule)


async def test_every_service_is_anchored_and_whatever_is_done_to_its_log_shows(pair: Pair) -> None:
    """One walk, because a service and its keeper take long to start."""
    assert (await pair.proof())["anchor"] | {"keeper": ""} == {
        "keeper": "", "compared": True, "checkpoints": 0, "forged": 0, "last": None, "last_at": None,
    }  # fmt: skip
    assert not await pair.tell()  # nothing to tell
    await pair.write(5)
    assert await pair.tell()
    assert not await pair.tell()  # nothing new
    await pair.write(3)
    assert await pair.tell()
    await pair.write(2)
    found = await pair.proof()
    assert (found["unbroken"], found["length"], found["anchored"]) == (True, 10, 8)
    assert (found["anchor"]["checkpoints"], found["anchor"]["last"]) == (2, 8)

    await pair.rule("CREATE TABLE kept AS TABLE audit_entries; CREATE TABLE kept_head AS TABLE audit_head")
    back = (
        "DELETE FROM audit_entries; INSERT INTO audit_entries TABLE kept;"
        "UPDATE audit_head h SET position = k.position, hash = k.hash FROM kept_head k;"
    )
    to_seven = "UPDATE audit_head SET position = 7, hash = (SELECT hash FROM audit_entries WHERE position = 7);"
    for change, broken_at in (
        (to_seven, 8),  # the head moved back
        ("DELETE FROM audit_entries WHERE position > 7;" + to_seven, 8),  # and the tail cut
        ("DELETE FROM audit_entries; UPDATE audit_head SET position = 0, hash = ''", 1),  # all gone
        ("UPDATE audit_entries SET target = 'x' WHERE position = 6;" + CHAIN, 8),  # written anew
        ("UPDATE audit_entries SET target = 'x' WHERE position = 2;" + CHAIN, 5),
        ("UPDATE audit_entries SET target = 'x' WHERE position = 2", 2),
    ):
        await pair.rule(change)
        found = await pair.proof()
        assert (found["unbroken"], found["broken_at"]) == (False, broken_at), change
        await pair.rule(back)
        assert (await pair.proof())["unbroken"]

    await pair.rule("UPDATE audit_entries SET target = 'x' WHERE position = 6;" + CHAIN)
    await pair.write(1)
    await pair.tell()  # its own service signs what was written anew
    assert (await pair.proof())["broken_at"] == 8  # the older checkpoint stands
    pair.away = True
    found = await pair.proof()
    assert (found["unbroken"], found["anchor"]["compared"], found["anchored"]) == (True, False, None)


async def test_a_checkpoint_that_the_service_has_not_signed_is_told_apart(pair: Pair) -> None:
    await pair.write(2)
    forged = OF[pair.name](position=9, hash="0" * 64, at=now(), signature="0" * 32)
    async with pair.own.database.transaction(Scope(())) as session:  # its login may write events
        await outbox.add(session, forged)
    assert await pair.tell()
    found = await pair.proof()
    assert (found["unbroken"], found["anchored"], found["anchor"]["forged"]) == (True, 2, 1)


async def test_a_keeper_gives_back_every_checkpoint_and_takes_none_away(pair: Pair) -> None:
    values = (
        f"SELECT '{pair.name}', n, lpad('', 64, '0'), now(), lpad('', 32, '0') FROM generate_series(1, {MOST + 5}) AS n"
    )
    async with pair.keeper.database.transaction(Scope.everywhere()) as session:
        await session.execute(text(f"INSERT INTO audit_checkpoints (service, position, hash, at, signature) {values}"))
    found = await audit_anchor.ask(pair.own.kernel.clients, pair.own.kernel.keyring, pair.name)
    assert (found.compared, found.checkpoints, found.forged) == (True, 0, MOST + 5)
    for statement in (
        "DELETE FROM audit_checkpoints",
        "UPDATE audit_checkpoints SET hash = ''",
        "TRUNCATE audit_checkpoints",
    ):
        with pytest.raises(DBAPIError, match=r"denied"):
            async with pair.keeper.database.transaction(Scope.everywhere()) as session:
                await session.execute(text(statement))
    async with pair.keeper.client("audit:read") as http:
        assert_problem(await http.get("/v1/audit/checkpoints", params={"service": pair.name}), 403)
    async with pair.keeper.client(SCOPE) as http:
        for wrong in ({"service": "x"}, {}, {"service": pair.name, "after": "x"}):
            assert_problem(await http.get("/v1/audit/checkpoints", params=wrong), 422)


async def test_sealers_of_several_processes_chain_within_a_second_and_tell_once(pair: Pair) -> None:
    database, keyring = pair.own.database, pair.own.kernel.keyring
    sealers = [Sealer(database, keyring, every=0.1, tell_every=60) for _ in range(3)]
    assert sealers[0].trouble() == "it does not run"
    for sealer in sealers:
        await sealer.start()
    async with database.transaction(Scope(())) as session:
        await audit.record(session, CLERK, "toy.look", "x")
    await asyncio.sleep(1)
    async with database.transaction(Scope(())) as session:
        assert [one.target for one in await audit.entries(session, 0, 9)] == ["x"]
        assert await session.scalar(text("SELECT count(*) FROM outbox WHERE topic LIKE '%.audit'")) == 1
    assert [sealer.trouble() for sealer in sealers] == [None] * 3
    for sealer in sealers:
        await sealer.stop()
    assert sealers[0].trouble() == "it does not run"

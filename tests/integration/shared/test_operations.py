"""The procedures of docs/operations.md, done as they stand there."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from deploy.local.postgres import Server, binary
from shared.database import Database, Scope
from shared.events import outbox
from shared.events.envelope import Message
from shared.events.localbus import LocalBus
from shared.events.relay import Relay
from tests.contract.worlds import until
from tests.integration.shared.test_migrations import shape
from tests.support import toy
from tests.support.database import execute, password

PAGE = Path(__file__).parents[3] / "docs" / "operations.md"


class Recorder(LocalBus):
    """A bus that writes down what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[str] = []

    async def publish(self, messages: Sequence[Message]) -> None:
        """Take them all."""
        self.keys += [message.key for message in messages]


def _relay_statement() -> str:
    [found] = re.findall(r"```sql\n\s+(DELETE FROM outbox_relay;)\n", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True)


async def _publish(database: Database, bus: Recorder, keys: set[str]) -> None:
    async def all_there() -> bool:
        return keys <= set(bus.keys)

    relay = Relay("visits", database, bus)
    await relay.start()
    await until(all_there)
    await relay.stop()


async def test_a_restored_database_is_the_same_and_tells_everything_again(
    postgres: Server, database_name: str, database_of: Any, tmp_path: Path
) -> None:
    visits: Database = database_of("visits")
    async with visits.transaction(Scope.everywhere()) as session:
        for key in ("one", "two"):
            await outbox.write(session, "visits.services", "type", key, b"{}")
    await _publish(visits, Recorder(), {"one", "two"})

    restored, dump = f"test_{uuid4().hex[:12]}", tmp_path / "anxiang.dump"
    host = ["-h", str(postgres.socket_dir), "-U", "postgres"]
    _run(binary("pg_dump"), "-Fc", *host, "-d", database_name, "-f", dump)
    await execute(postgres.superuser_url(), f"CREATE DATABASE {restored}")
    try:
        _run(binary("pg_restore"), *host, "-d", restored, "--exit-on-error", dump)
        for service in ("registry", "visits", "subsidy", "credit"):
            assert await shape(postgres, restored, service) == await shape(postgres, database_name, service)
        await toy.as_superuser(postgres, restored, f"SET search_path = visits; {_relay_statement()}")
        database, bus = Database(postgres.url("visits", password("visits"), restored), "visits"), Recorder()
        await _publish(database, bus, {"one", "two"})
        async with database.transaction(Scope.everywhere()) as session:
            assert await session.scalar(text("SELECT count(*) FROM outbox")) == 2
        await database.close()
        assert bus.keys == ["one", "two"]
    finally:
        await execute(postgres.superuser_url(), f"DROP DATABASE {restored} WITH (FORCE)")

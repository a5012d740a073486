"""After a key rotation: put every stored ciphertext of a service under the active key.

``ANXIANG_SERVICE=registry python -m deploy.reencrypt``, with the settings of the service, while it runs. Safe to stop
and to start again; a row changed meanwhile is already under the new key. Afterwards the old key opens nothing that is
stored, except answers kept for repeats, which are deleted after 30 days.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from shared.crypto import Keyring
from shared.database import Database, Scope, driver
from shared.kernel import ServiceDefinition
from shared.settings import Settings, of_environment

CHUNK = 2000
_PRIMARY_KEY = """
SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
WHERE indrelid = $1::text::regclass AND indisprimary ORDER BY array_position(indkey::int2[], attnum)
"""


async def reencrypt(database: Database, keyring: Keyring, table: str, columns: Sequence[str]) -> int:
    """Reseal the columns of a table, in the order of its primary key; returns how many rows were changed."""
    changed, last = 0, None
    while True:
        async with database.transaction(Scope.everywhere()) as session:
            connection = await driver(session)
            keys = [row[0] for row in await connection.fetch(_PRIMARY_KEY, table)]
            rows = await connection.fetch(_page(table, keys, columns, first=last is None), *(last or ()))
            stale = [row for row in rows if any(row[c] and not keyring.is_current(row[c]) for c in columns)]
            resealed = [[_resealed(keyring, row[c]) for c in columns] + [row[k] for k in keys] for row in stale]
            await connection.executemany(_update(table, keys, columns), resealed)
        changed += len(stale)
        if len(rows) < CHUNK:
            return changed
        last = [rows[-1][key] for key in keys]


def _page(table: str, keys: Sequence[str], columns: Sequence[str], *, first: bool) -> str:
    place = ", ".join(f"${n}" for n in range(1, len(keys) + 1))
    after = "" if first else f"WHERE ({', '.join(keys)}) > ({place})"
    listed = ", ".join([*keys, *columns])
    return f"SELECT {listed} FROM {table} {after} ORDER BY {', '.join(keys)} LIMIT {CHUNK} FOR UPDATE"


def _update(table: str, keys: Sequence[str], columns: Sequence[str]) -> str:
    values = ", ".join(f"{column} = ${n}" for n, column in enumerate(columns, 1))
    where = " AND ".join(f"{key} = ${n}" for n, key in enumerate(keys, len(columns) + 1))
    return f"UPDATE {table} SET {values} WHERE {where}"


def _resealed(keyring: Keyring, blob: Any) -> bytes | None:  # noqa: ANN401  # a column's value
    return None if blob is None else keyring.seal(keyring.unseal(bytes(blob)))


async def main(settings: Settings) -> None:
    """Every table of the service that the settings name."""
    definition: ServiceDefinition = import_module(f"services.{settings.service}.app").DEFINITION
    database, keyring = Database.of(settings), Keyring.load(settings.keyring_file, settings.cipher)
    try:
        for table, columns in definition.encrypted.items():
            sys.stdout.write(f"{table}: {await reencrypt(database, keyring, table, columns)} rows\n")
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(of_environment()))

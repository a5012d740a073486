"""Read models: what another service told, kept so that the newest holds whatever the order and however often it comes.

One guarded statement for all of them. What rises guards: a snapshot's version, a decision's number, or for facts
without either the moment at which they were told (``Received.told``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from shared.database import driver

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class ReadModel:
    """Columns of a table that one kind of event fills: its key, its guard, what it says, and what is set beside.

    Several may fill one row, each its own columns under its own guard: a listing and its end, in any order.
    """

    table: str
    key: str
    guard: str
    columns: tuple[str, ...]
    beside: str = ""
    """More assignments of the update, such as the moment of arrival."""

    def statement(self) -> str:
        """Insert, or update where what comes is newer; rows of one call may repeat a key. One JSON array is bound."""
        columns = ", ".join((self.key, self.guard, *self.columns))
        changes = [f"{name} = excluded.{name}" for name in (self.guard, *self.columns)]
        if self.beside:
            changes.append(self.beside)
        return (
            f"INSERT INTO {self.table} ({columns}) SELECT DISTINCT ON ({self.key}) {columns}"
            f" FROM jsonb_populate_recordset(NULL::{self.table}, CAST($1 AS jsonb))"
            f" ORDER BY {self.key}, {self.guard} DESC"
            f" ON CONFLICT ({self.key}) DO UPDATE SET {', '.join(changes)}"
            f" WHERE coalesce({self.table}.{self.guard} < excluded.{self.guard}, true)"
        )

    async def keep(self, session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep the newest of each key, with one statement, in the order of keys."""
        if rows:
            content = orjson.dumps([dict(row) for row in rows], default=str).decode()
            await (await driver(session)).execute(self.statement(), content)

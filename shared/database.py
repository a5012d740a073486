"""The database as a service sees it: its own schema by search path, its caller's regions by row-level security."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, MetaData, event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction

if TYPE_CHECKING:
    import asyncpg

    from shared.auth import Caller
    from shared.clock import Month
    from shared.settings import Settings

AFTER_DIGITS = ":"  # the character after 9 in the C collation, so that [prefix, prefix + ":") holds all descendants
_SET_SCOPE = text(
    "SELECT set_config('anxiang.region_lo', :lo, true), set_config('anxiang.region_hi', :hi, true),"
    " set_config('anxiang.prefixes', :prefixes, true), set_config('anxiang.organization', :organization, true)"
)


class ServiceBase(DeclarativeBase):
    """Root of a service's tables. A service makes its own: ``class Base(ServiceBase): metadata = MetaData()``."""

    __abstract__ = True
    metadata = MetaData()


@dataclass(frozen=True)
class Scope:
    """What a transaction may see: region prefixes, and for a vendor its own organisation only."""

    regions: tuple[str, ...]
    organization: UUID | None = None

    @classmethod
    def of(cls, caller: Caller) -> Scope:
        """What the caller's token allows."""
        return cls(caller.regions, caller.organization)

    @classmethod
    def everywhere(cls) -> Scope:
        """All regions: for consumers and jobs, said openly where it is used."""
        return cls(("",))

    def settings(self) -> dict[str, str]:
        """The four values that the policies read; no region at all sees nothing."""
        if not self.regions:
            return {"lo": "", "hi": "", "prefixes": "", "organization": ""}
        several = ",".join(self.regions) if len(self.regions) > 1 else ""
        return {
            "lo": min(self.regions),
            "hi": max(prefix + AFTER_DIGITS for prefix in self.regions),
            "prefixes": "" if "" in self.regions else several,
            "organization": str(self.organization) if self.organization else "",
        }


class ScopedSession(Session):
    """A session that tells the database its scope whenever a transaction begins."""


@event.listens_for(ScopedSession, "after_begin")
def _set_scope(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    connection.execute(_SET_SCOPE, session.info["scope"].settings())


class Database:
    """A service's connections. One per service and process."""

    def __init__(self, url: str, schema: str, pool_size: int = 10) -> None:
        self.schema = schema
        self.url = url
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=False,
            hide_parameters=True,  # an error's text may reach a log; values may be personal
            connect_args={"server_settings": {"search_path": schema, "application_name": f"anxiang-{schema}"}},
        )
        self._sessions = async_sessionmaker(self.engine, sync_session_class=ScopedSession, expire_on_commit=False)

    @classmethod
    def of(cls, settings: Settings) -> Database:
        """The database that the settings name."""
        return cls(settings.database_url, settings.service, settings.pool_size)

    @asynccontextmanager
    async def transaction(self, scope: Scope) -> AsyncIterator[AsyncSession]:
        """One transaction in a scope: commits at the end, rolls back on any error. Nothing is sent before first use."""
        async with self._sessions(info={"scope": scope}) as session, session.begin():
            yield session

    async def close(self) -> None:
        """Give back every connection."""
        await self.engine.dispose()


async def driver(session: AsyncSession) -> asyncpg.Connection:
    """The asyncpg connection under a session, inside the session's transaction: for COPY."""
    raw = await (await session.connection()).get_raw_connection()
    connection: asyncpg.Connection = raw.driver_connection
    return connection


async def copy_rows(session: AsyncSession, table: str, columns: Sequence[str], csv: bytes) -> int:
    """COPY CSV rows (no header) into a table in the session's transaction; returns how many.

    A table under row-level security takes no COPY: give the month's partition (``partition_of``), into which a
    service may insert but from which it may not read.
    """
    connection = await driver(session)
    status = await connection.copy_to_table(table, columns=columns, source=io.BytesIO(csv), format="csv")
    return int(status.split()[1])


async def copy_query(session: AsyncSession, query: str, *args: Any) -> bytes:  # noqa: ANN401  # bound values of any type
    """COPY a query's result out as CSV with a header, in the session's transaction and scope."""
    connection = await driver(session)
    sink = io.BytesIO()
    await connection.copy_from_query(query, *args, output=sink, format="csv", header=True)
    return sink.getvalue()


def partition_of(table: str, month: Month) -> str:
    """The name of a month's partition."""
    return f"{table}_{month.year:04d}_{month.month:02d}"


async def ensure_month(session: AsyncSession, table: str, month: Month) -> str:
    """Make the month's partition if it is missing; returns its name. Safe when several do it at once."""
    await session.execute(text("SELECT ensure_month(:table, :first)"), {"table": table, "first": month.first})
    return partition_of(table, month)

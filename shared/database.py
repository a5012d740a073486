"""The database as a service sees it: its own schema by search path, its caller's regions by row-level security."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

import asyncpg
from sqlalchemy import BigInteger, Connection, MetaData, PoolProxiedConnection, event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction

from shared import limits
from shared.faults import Room

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

    from shared.auth import Caller
    from shared.settings import Settings

AFTER_DIGITS = ":"  # the character after 9 in the C collation, so that [prefix, prefix + ":") holds all descendants
# Planned once and not for every value, which takes longer than to run what a hot route asks.
_PLAN_ONCE = "SET LOCAL plan_cache_mode = force_generic_plan"
_PLAIN = re.compile(r"[0-9a-f,:-]*")
_NOTHING = text("SELECT 1")


class ServiceBase(DeclarativeBase):
    """Root of a service's tables. A service makes its own: ``class Base(ServiceBase): metadata = MetaData()``."""

    __abstract__ = True
    metadata = MetaData()
    type_annotation_map: ClassVar[dict[type, type]] = {int: BigInteger}
    """A sum of fen passes 2^31 at 21 million yuan: every number is bound as the database can hold it."""


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
            return {"region_lo": "", "region_hi": "", "prefixes": "", "organization": ""}
        several = ",".join(self.regions) if len(self.regions) > 1 else ""
        return {
            "region_lo": min(self.regions),
            "region_hi": max(prefix + AFTER_DIGITS for prefix in self.regions),
            "prefixes": "" if "" in self.regions else several,
            "organization": str(self.organization) if self.organization else "",
        }


@lru_cache(maxsize=1024)
def _statement(scope: Scope) -> str:
    """What tells the database a scope. Not bound but written out, so that it travels together with BEGIN."""
    values = scope.settings()
    if not all(_PLAIN.fullmatch(value) for value in values.values()):
        raise ValueError("a scope is made of digits")
    return "".join(f"SET LOCAL anxiang.{name} = '{value}';" for name, value in values.items())


class ScopedConnection(asyncpg.Connection):  # type: ignore[misc,unused-ignore]  # asyncpg is untyped
    """A connection that tells the database its scope in the same breath as BEGIN: one way instead of two."""

    scope = ""

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ANN401, ASYNC109  # asyncpg's own
        """Run statements; a BEGIN takes the waiting scope along, once."""
        if self.scope and query.startswith("BEGIN"):
            query, self.scope = query + self.scope, ""
        status: str = await super().execute(query, *args, timeout=timeout)
        return status


class ScopedSession(Session):
    """A session whose transactions begin with its scope."""


@event.listens_for(ScopedSession, "after_begin")
def _lay_ready(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    raw = connection.connection.driver_connection
    assert isinstance(raw, ScopedConnection)  # noqa: S101  # nobody is to see rows without a scope
    if not raw.is_in_transaction():  # a savepoint has it already
        raw.scope = _statement(session.info["scope"]) + session.info["limits"]


def _forget(connection: DBAPIConnection, _record: object, _proxy: object) -> None:
    """A scope that no BEGIN took along ends with the session that laid it ready."""
    connection.driver_connection.scope = ""


class Direct:
    """A transaction on the driver itself: a session costs a hot route more than all its statements do."""

    def __init__(self, engine: AsyncEngine, scope: Scope) -> None:
        self._engine, self._scope = engine, scope
        self._pooled: PoolProxiedConnection | None = None
        self._is_open = False

    async def connection(self) -> asyncpg.Connection:
        """The connection inside the transaction, which begins at first use."""
        if self._pooled is not None:
            return self._pooled.driver_connection
        self._pooled = await self._engine.raw_connection()
        connection: asyncpg.Connection = self._pooled.driver_connection
        while connection.is_closed():  # the server left while it lay in the pool
            self._pooled.invalidate()
            self._pooled = await self._engine.raw_connection()
            connection = self._pooled.driver_connection
        self._is_open = True
        await connection.execute(f"BEGIN;{_statement(self._scope)}{_PLAN_ONCE}")
        return connection

    async def __aenter__(self) -> Direct:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        if self._pooled is None:
            return
        try:
            if kind is None:
                await self._commit(self._pooled.driver_connection)
        finally:
            if self._is_open:
                await asyncio.shield(_abandon(self._pooled))  # also when the task is being cancelled
            else:
                self._pooled.close()

    async def _commit(self, connection: asyncpg.Connection) -> None:
        """PostgreSQL answers ROLLBACK where a statement had failed, whoever caught that error."""
        if await connection.execute("COMMIT") != "COMMIT":
            raise asyncpg.InFailedSQLTransactionError("a statement had failed before the commit")
        self._is_open = False


async def _abandon(pooled: PoolProxiedConnection) -> None:
    """Roll back and give the connection back; one that cannot even do that is given to nobody again."""
    connection: asyncpg.Connection = pooled.driver_connection
    try:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
    finally:
        if connection.is_closed() or connection.is_in_transaction():
            pooled.invalidate()
        pooled.close()


Transaction = AsyncSession | Direct


class Database:
    """A service's connections. One per service and process.

    A connection has the limits of requests, which so cost nothing; other work brings its own along with BEGIN."""

    def __init__(
        self,
        url: str,
        schema: str,
        pool_size: int = 10,
        *,
        request_seconds: int = limits.REQUEST_SECONDS,
        work_seconds: int = limits.WORK_SECONDS,
    ) -> None:
        self.schema = schema
        self.url = url
        self._work, self._request_seconds = limits.of_work(work_seconds), request_seconds
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=False,
            pool_use_lifo=True,  # the connection used last has its statements and rows at hand
            hide_parameters=True,  # an error's text may reach a log; values may be personal
            connect_args={
                "connection_class": ScopedConnection,
                "server_settings": {
                    "search_path": schema,
                    "application_name": f"anxiang-{schema}",
                    **limits.of_request(request_seconds).settings(),
                    **limits.ALIVE,
                },
            },
        )
        event.listen(self.engine.sync_engine.pool, "checkout", _forget)
        self.room = Room()
        self._sessions = async_sessionmaker(self.engine, sync_session_class=ScopedSession, expire_on_commit=False)

    @classmethod
    def of(cls, settings: Settings) -> Database:
        """The database that the settings name."""
        limits_of = {"request_seconds": settings.request_seconds, "work_seconds": settings.work_seconds}
        return cls(settings.database_url, settings.service, settings.pool_size, **limits_of)

    @asynccontextmanager
    async def transaction(self, scope: Scope, *, seconds: int | None = None) -> AsyncIterator[AsyncSession]:
        """One transaction in a scope: commits at the end, rolls back on any error. Nothing is sent before first use.
        ``seconds``: how long a statement of a request may take, where that is longer than for others."""
        session = self._sessions(info={"scope": scope, "limits": self._limits(seconds)})
        try:
            yield session
            if session.in_transaction():
                await session.commit()
        finally:
            if session.in_transaction():
                await asyncio.shield(session.close())  # rolls back, also when the task is being cancelled

    def _limits(self, seconds: int | None) -> str:
        if seconds is None:
            return "" if limits.answering.get() else self._work.statements()
        return limits.of_request(max(seconds, self._request_seconds)).statements()

    def direct(self, scope: Scope) -> Direct:
        """The same without a session, for routes that speak to the driver only."""
        return Direct(self.engine, scope)

    async def lengthen(self, connection: asyncpg.Connection) -> None:
        """Give a connection that never goes back to the pool the limits of work, for as long as it lives."""
        await connection.execute(self._work.for_session())

    async def close(self) -> None:
        """Give back every connection."""
        await self.engine.dispose()


async def driver(session: Transaction) -> asyncpg.Connection:
    """The asyncpg connection under a session, inside the session's transaction: for COPY."""
    if isinstance(session, Direct):
        return await session.connection()
    raw = await (await session.connection()).get_raw_connection()
    connection: asyncpg.Connection = raw.driver_connection
    if not connection.is_in_transaction():
        await _begin(session, raw.dbapi_connection)
    return connection


async def _begin(session: AsyncSession, adapter: Any) -> None:  # noqa: ANN401  # SQLAlchemy's adapter of asyncpg
    """Begin now, without the statement that SQLAlchemy would wait for. What fails is tried again in its own way, so
    that it learns of a lost connection."""
    try:
        await adapter._start_transaction()  # no public name for it
    except Exception:  # noqa: BLE001  # whatever it is, the next line raises it as SQLAlchemy's
        await session.execute(_NOTHING)

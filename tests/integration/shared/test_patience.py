"""How long the database works for whom: no caller keeps the others from it, and who leaves takes the work along."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import httpx
import pytest
import uvicorn
from fastapi import Request, Response
from sqlalchemy import text

from deploy.local import postgres as local_postgres
from deploy.local.processes import free_port
from deploy.migrations.run import SERVICES
from shared import api
from shared.api import DirectRoute, Session, bounded
from shared.app import create_app
from shared.auth import Caller, require
from shared.database import Database, Scope, driver
from shared.kernel import KernelState, ServiceDefinition
from tests.support import tokens
from tests.support.services import RunningService, settings_for

plain = api.router("/v1/waits", "waits 等待")
hot = api.router("/v1/hot", "hot 热路径", DirectRoute)
Anybody = Annotated[Caller, require("waits:read")]
SHOWN = "SELECT current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')"
BUSY = "SELECT count(*) FROM pg_stat_activity WHERE state <> 'idle' AND usename = 'credit' AND query LIKE '%pg_sleep%'"


async def _sleep(session: Session, seconds: float) -> int:
    await session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": seconds})
    return 1


@plain.get("/undeclared/{seconds}")
async def undeclared(seconds: float, session: Session, _caller: Anybody) -> int:
    return await _sleep(session, seconds)


@plain.get("/declared/{seconds}")
@bounded(at_once=2)
async def declared(seconds: float, session: Session, _caller: Anybody) -> int:
    return await _sleep(session, seconds)


@plain.get("/copied/{seconds}")
async def copied(seconds: float, session: Session, _caller: Anybody) -> int:
    await (await driver(session)).execute(f"COPY (SELECT pg_sleep({seconds})) TO STDOUT")
    return 1


@plain.get("/limits")
async def limits_of(session: Session, _caller: Anybody) -> list[str]:
    return list((await session.execute(text(SHOWN))).one())


@hot.post("/limits")
async def hot_limits(request: Request, _caller: Anybody) -> Response:
    return Response(str(list(await (await driver(request.state.session)).fetchrow(SHOWN))))


DEFINITION = ServiceDefinition("credit", "Waits", "For tests.", [plain, hot], scopes={"waits:read": "wait 等待"})
Start = Callable[..., Awaitable[RunningService]]


@pytest.fixture
async def start(postgres: local_postgres.Server, database_name: str, tmp_path: Path) -> AsyncIterator[Start]:
    """Start the waiting service; more settings as keywords."""
    kernels: list[KernelState] = []

    async def begin(**more: Any) -> RunningService:
        settings = settings_for(postgres, database_name, "credit", tmp_path, roles="api", **more)
        kernels.append(KernelState.of(settings, tokens.verifier()))
        return RunningService(create_app(DEFINITION, settings, kernel=kernels[-1]), kernels[-1])

    yield begin
    for kernel in kernels:
        await kernel.close()


@asynccontextmanager
async def served(service: RunningService) -> AsyncIterator[str]:
    """The service behind a real socket."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(service.app, port=port, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn tells nobody
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task


async def ask(service: RunningService, path: str, client: str, **headers: str) -> httpx.Response:
    async with service.client("waits:read", client=client) as http:
        return await http.get(f"/v1/waits/{path}", headers=headers, timeout=120)


@pytest.mark.parametrize("kind", ["undeclared", "declared"])
async def test_many_expensive_requests_of_one_caller_leave_the_others_alone(start: Start, kind: str) -> None:
    service = await start(pool_size=5)
    greedy = [asyncio.create_task(ask(service, f"{kind}/0.5", "greedy")) for _ in range(40)]
    await asyncio.sleep(0.2)
    answers = [await ask(service, "limits", "modest") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 5
    at_work = [task for task in greedy if not task.done()]
    assert len(at_work) >= 10  # five answers came before thirty of the greedy one's
    assert {answer.status_code for answer in await asyncio.gather(*greedy)} <= {200, 503}


@pytest.mark.parametrize("kind", ["undeclared", "declared", "copied"])
async def test_a_caller_that_leaves_takes_its_statement_along(
    start: Start, postgres: local_postgres.Server, database_name: str, kind: str
) -> None:
    service = await start(pool_size=3, request_seconds=600)
    headers = tokens.bearer(tokens.token(["waits:read"]))
    async with served(service) as url, httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as http:
        asked = [asyncio.create_task(http.get(f"/v1/waits/{kind}/600", timeout=1.5)) for _ in range(5)]
        await asyncio.wait_for(_until(postgres, database_name, lambda busy: busy >= 2), 60)
        assert all(
            isinstance(each, httpx.TimeoutException) for each in await asyncio.gather(*asked, return_exceptions=True)
        )
        await asyncio.wait_for(_until(postgres, database_name, lambda busy: busy == 0), 60)
        assert (await http.get("/v1/waits/limits", timeout=60)).status_code == 200
    assert service.database.engine.sync_engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # a queue has it


async def test_a_service_that_dies_takes_its_statements_along(
    start: Start, postgres: local_postgres.Server, database_name: str
) -> None:
    service = await start(request_seconds=600)
    pooled = await service.database.engine.raw_connection()
    connection: Any = pooled.driver_connection
    asleep = asyncio.ensure_future(connection.execute("SELECT pg_sleep(600)"))
    await asyncio.wait_for(_until(postgres, database_name, lambda busy: busy == 1), 60)
    connection._transport.abort()  # nobody says good-bye
    await asyncio.gather(asleep, return_exceptions=True)
    await asyncio.wait_for(_until(postgres, database_name, lambda busy: busy == 0), 60)
    pooled.invalidate()


async def _until(running: local_postgres.Server, database: str, fits: Callable[[int], bool]) -> None:
    observer = Database(running.superuser_url(database), "public", pool_size=1)
    while not fits(await _busy(observer)):  # noqa: ASYNC110  # PostgreSQL tells nobody
        await asyncio.sleep(0.1)
    await observer.close()


async def _busy(observer: Database) -> int:
    async with observer.transaction(Scope(())) as session:
        return int(await session.scalar(text(BUSY)))


async def test_a_statement_of_a_request_ends_at_its_limit_with_a_problem(start: Start) -> None:
    service = await start(request_seconds=1)
    for kind in ("undeclared", "copied"):
        answer = await ask(service, f"{kind}/600", "clerk", **{"accept-language": "en"})
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (503, "took-too-long")
        assert int(answer.headers["retry-after"]) > 0
    assert (await ask(service, "limits", "clerk")).status_code == 200


async def test_a_request_has_short_limits_and_work_has_long_ones(start: Start) -> None:
    service = await start(request_seconds=7, work_seconds=7000)
    assert (await ask(service, "limits", "clerk")).json() == ["7s", "21s"]
    async with service.client("waits:read") as http:
        assert (await http.post("/v1/hot/limits")).text == "['7s', '21s']"
    async with service.database.transaction(Scope.everywhere()) as session:
        assert list((await session.execute(text(SHOWN))).one()) == ["7000s", "7000s"]
    assert (await ask(service, "limits", "clerk")).json() == ["7s", "21s"]  # nothing of work's is left behind


@pytest.mark.parametrize("service", SERVICES)
async def test_every_login_has_limits_where_nobody_set_any(
    postgres: local_postgres.Server, database_name: str, service: str
) -> None:
    query = f"SELECT unnest(setconfig) FROM pg_db_role_setting WHERE setrole = '{service}'::regrole"
    connection = await asyncpg.connect(postgres.superuser_url(database_name).replace("+asyncpg", ""))
    found = [row[0].partition("=")[0] for row in await connection.fetch(query)]
    await connection.close()
    assert {"statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"} <= set(found)

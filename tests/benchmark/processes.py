"""Applications in processes of their own for benchmarks, and a client that costs as little as it can."""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import psutil
import uvicorn
from fastapi import FastAPI, Request

from shared.app import create_app
from shared.kernel import KernelState
from shared.memory import settle
from shared.settings import Settings
from tests.support import tokens
from tests.support.services import definition_of

FORK = multiprocessing.get_context("fork")  # the child keeps the key that signs this run's tokens


def visits_app(settings: Settings) -> FastAPI:
    """The real service."""
    app = create_app(definition_of("visits"), settings, kernel=KernelState.of(settings, tokens.verifier()))
    settle()
    return app


def bare_app(settings: Settings) -> FastAPI:
    """FastAPI and two asyncpg INSERTs in a transaction: a row with the body, and a message."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:  # FastAPI's own
        url = settings.database_url.replace("+asyncpg", "")
        async with asyncpg.create_pool(url, min_size=5, max_size=10) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/deliveries", status_code=201)
    async def record(body: dict[str, Any], request: Request) -> dict[str, Any]:
        async with request.app.state.pool.acquire() as connection, connection.transaction():
            await connection.execute("INSERT INTO bare_a VALUES ($1, $2)", body["event_id"], str(body))
            await connection.execute("INSERT INTO bare_b VALUES ($1, $2)", body["event_id"], str(body))
        return {"event_id": body["event_id"], "outcome": "recorded"}

    return app


@dataclass
class Child:
    """A running application, in one process or several, each with a port of its own."""

    ports: list[int]
    pids: list[int]

    def peak_mb(self) -> float:
        """The highest resident memory so far, of all its processes together."""
        return sum(_peak_mb(pid) for pid in self.pids)


def _peak_mb(pid: int) -> float:
    for line in open(f"/proc/{pid}/status", encoding="ascii"):  # noqa: PTH123, SIM115  # a kernel file
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return psutil.Process(pid).memory_info().rss / 2**20


def _serve(make: Callable[[Settings], FastAPI], settings: Settings, listening: socket.socket) -> None:
    config = uvicorn.Config(make(settings), loop="uvloop", http="httptools", log_level="error", access_log=False)
    uvicorn.Server(config).run([listening])


@contextmanager
def serving(make: Callable[[Settings], FastAPI], settings: Settings, processes: int = 1) -> Iterator[Child]:
    """An application behind uvicorn in other processes, ended afterwards."""
    listening = [socket.create_server(("127.0.0.1", 0), backlog=128) for _ in range(processes)]
    started = [FORK.Process(target=_serve, args=(make, settings, each), daemon=True) for each in listening]
    for process in started:
        process.start()
    try:
        yield Child([each.getsockname()[1] for each in listening], [process.pid or 0 for process in started])
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.join(20)
        for each in listening:
            each.close()


class Load:
    """Prepared requests sent over a few kept-alive connections, to each process in turn as a gateway would; anything
    but 2xx is an error."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """A request as bytes."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {path} HTTP/1.1\r\nhost: x\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body

    async def run(self, requests: Sequence[bytes], connections: int) -> list[float]:
        """Send them all; seconds that each took."""
        waiting = iter(requests)
        taken: list[float] = []

        async def work(port: int) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
            for request in waiting:
                begun = time.perf_counter()
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                body = await reader.readexactly(length)
                if not head.startswith(b"HTTP/1.1 2"):
                    raise RuntimeError(head[:40].decode() + body[:500].decode())
                taken.append(time.perf_counter() - begun)
            writer.close()

        await asyncio.gather(*(work(self._ports[each % len(self._ports)]) for each in range(connections)))
        return taken

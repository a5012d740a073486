"""The edge: one route class that authenticates, opens the transaction, answers repeats, commits and only then answers.

Only the edge commits: a handler that raises, or a commit that fails, leaves nothing behind and never answers 2xx.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import Message

from shared.auth import Caller, check_scopes
from shared.database import Database, Scope, Transaction
from shared.idempotency import answer_once
from shared.kernel import KernelState

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
BODY_LIMIT = 8 * 1024 * 1024
"""Bytes of a request's body, unless the route says ``max_body_size``."""


async def _session(request: Request) -> AsyncSession:  # not `def`: FastAPI would run that in a thread
    session: AsyncSession = request.state.session
    return session


async def _kernel(request: Request) -> KernelState:
    kernel: KernelState = request.app.state.kernel
    return kernel


Session = Annotated[AsyncSession, Depends(_session)]
"""The request's transaction, in the caller's scope. Never commit it: the edge does."""
Kernel = Annotated[KernelState, Depends(_kernel)]
"""Settings, keys and clients of the running service."""


def _scopes(dependant: Dependant) -> frozenset[str]:
    """Every scope that a route's dependencies ask for."""
    own = frozenset(dependant.own_oauth_scopes or ())
    return own.union(*(_scopes(inner) for inner in dependant.dependencies))


def _limited(request: Request, most: int) -> Request:
    """The request, whose body ends in a 413 when it grows over the limit, whatever length was told."""
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > most:
        raise HTTPException(413)
    seen = 0

    async def receive() -> Message:
        nonlocal seen
        message = await request.receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413)
        return message

    return Request(request.scope, receive)


class EdgeRoute(APIRoute):
    """A route in a transaction of the caller's scope."""

    def __init__(self, *args: Any, max_body_size: int | None = None, **options: Any) -> None:  # noqa: ANN401  # FastAPI's own
        super().__init__(*args, **options)  # its own limit would answer 413 in plain text
        self._most = BODY_LIMIT if max_body_size is None else max_body_size

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler."""
        inner = self.inner_handler()
        needed = _scopes(self.dependant)

        async def handle(request: Request) -> Response:
            kernel: KernelState = request.app.state.kernel
            caller = await kernel.verifier.caller(request)
            check_scopes(caller, needed)
            request.state.caller = caller
            request = _limited(request, self._most)
            async with self.transaction(kernel.database, Scope.of(caller)) as session:
                request.state.session = session
                if request.method == "POST" and "idempotency-key" in request.headers:
                    return await answer_once(request, session, caller, inner)
                return await inner(request)

        return handle

    def inner_handler(self) -> Handler:
        """What runs inside the transaction: FastAPI's handler."""
        return super().get_route_handler()

    def transaction(self, database: Database, scope: Scope) -> AbstractAsyncContextManager[Transaction]:
        """The transaction of a request."""
        return database.transaction(scope)


class DirectRoute(EdgeRoute):
    """A hot route: a transaction without a session, and nothing for FastAPI to find out. Its endpoint takes the request
    and the caller, and answers with a Response."""

    def inner_handler(self) -> Handler:
        """The endpoint itself."""
        endpoint: Callable[[Request, Caller], Coroutine[Any, Any, Response]] = self.endpoint

        async def handle(request: Request) -> Response:
            return await endpoint(request, request.state.caller)

        return handle

    def transaction(self, database: Database, scope: Scope) -> AbstractAsyncContextManager[Transaction]:
        """The transaction of a request, on the driver."""
        return database.direct(scope)


def router(prefix: str, tag: str, route_class: type[EdgeRoute] = EdgeRoute) -> APIRouter:
    """A module's router: ``router("/v1/deliveries", "deliveries")``."""
    return APIRouter(route_class=route_class, prefix=prefix, tags=[tag])

"""The edge: one route class that authenticates, opens the transaction, answers repeats, commits and only then answers.

Only the edge commits: a handler that raises, or a commit that fails, leaves nothing behind and never answers 2xx.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import check_scopes
from shared.database import Scope
from shared.idempotency import answer_once
from shared.kernel import KernelState

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def _session(request: Request) -> AsyncSession:
    session: AsyncSession = request.state.session
    return session


def _kernel(request: Request) -> KernelState:
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


class EdgeRoute(APIRoute):
    """A route in a transaction of the caller's scope."""

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler."""
        inner = super().get_route_handler()
        needed = _scopes(self.dependant)

        async def handle(request: Request) -> Response:
            kernel: KernelState = request.app.state.kernel
            caller = await kernel.verifier.caller(request)
            check_scopes(caller, needed)
            request.state.caller = caller
            async with kernel.database.transaction(Scope.of(caller)) as session:
                request.state.session = session
                if request.method == "POST" and "idempotency-key" in request.headers:
                    return await answer_once(request, session, caller, inner)
                return await inner(request)

        return handle


def router(prefix: str, tag: str) -> APIRouter:
    """A module's router: ``router("/v1/deliveries", "deliveries")``."""
    return APIRouter(route_class=EdgeRoute, prefix=prefix, tags=[tag])

"""The edge: one route class that authenticates, opens the transaction, answers repeats, commits and only then answers.

Only the edge commits: a handler that raises, or a commit that fails, leaves nothing behind and never answers 2xx.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import ClientDisconnect

from shared import audit, bodies, guesses, limits
from shared.auth import Caller, check_scopes
from shared.bodies import BODY_LIMIT, VALUES_LIMIT
from shared.database import Database, Scope, Transaction
from shared.errors import FieldError, Invalid, NotFound
from shared.etag import of_content
from shared.idempotency import answer_once
from shared.kernel import KernelState
from shared.presence import CLOSED, CallerLeft, while_present
from shared.trail import Left, Trail
from shared.validation import MOST, pointer

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
BOUNDS = "__bounds__"


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


@dataclass(frozen=True)
class Bounds:
    """How many values a body may hold; how many expensive requests of one client are at work at once; how many seconds
    one of its statements may take, where that is longer than for other requests; whether it asks by a number of
    somebody's, which could be guessed."""

    values: int = VALUES_LIMIT
    at_once: int | None = None
    seconds: int | None = None
    by_number: bool = False


def bounded(
    *, values: int = VALUES_LIMIT, at_once: int | None = None, seconds: int | None = None, by_number: bool = False
) -> Callable[[Endpoint], Endpoint]:
    """Declare an endpoint's own bounds, below its route: ``@bounded(at_once=2)`` for what is expensive."""

    def declare(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, BOUNDS, Bounds(values, at_once, seconds, by_number))
        return endpoint

    return declare


def _scopes(dependant: Dependant) -> frozenset[str]:
    """Every scope that a route's dependencies ask for."""
    own = frozenset(dependant.own_oauth_scopes or ())
    return own.union(*(_scopes(inner) for inner in dependant.dependencies))


def _queried(dependant: Dependant) -> frozenset[str]:
    """Every query parameter that a route's dependencies read."""
    own = frozenset(field.alias for field in dependant.query_params)
    return own.union(*(_queried(inner) for inner in dependant.dependencies))


def _check_query(request: Request, known: frozenset[str]) -> None:
    """Invalid (422) for what nobody would read: a filter that is misspelt or given twice must not widen an answer."""
    if not request.scope["query_string"]:
        return
    seen = Counter(name for name, _ in request.query_params.multi_items())
    wrong = [
        FieldError.of(pointer(("query", name)), "given_twice", "It is given twice.", "参数重复。")
        if name in known
        else FieldError.of(
            pointer(("query", name)), "extra_forbidden", "There is no such parameter.", "没有该查询参数。"
        )
        for name, times in list(seen.items())[:MOST]
        if name not in known or times > 1
    ]
    if wrong:
        raise Invalid("Some values are not valid.", "部分内容不正确。", wrong)


class EdgeRoute(APIRoute):
    """A route in a transaction of the caller's scope.

    ``max_body_size`` bounds its body; ``@bounded`` above its endpoint says what else differs from other routes. Every
    request leaves an audit entry.
    """

    left: ClassVar[Left] = Left.EVERY

    def __init__(self, *args: Any, max_body_size: int | None = None, **options: Any) -> None:  # noqa: ANN401  # FastAPI's own
        super().__init__(*args, **options)  # its own limit would answer 413 in plain text
        self._most = BODY_LIMIT if max_body_size is None else max_body_size
        self._bounds: Bounds = getattr(self.endpoint, BOUNDS, Bounds())

    @property
    def most_values(self) -> int:
        """How many values a body may hold."""
        return self._bounds.values

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler."""
        inner = self.inner_handler()
        needed, known = _scopes(self.dependant), _queried(self.dependant)
        trail = Trail(self.operation_id or self.unique_id, self.path, self.left)

        async def handle(request: Request) -> Response:
            if request.scope["path"].endswith("\n"):  # Starlette's `$` lets one through
                raise NotFound
            kernel: KernelState = request.app.state.kernel
            request.state.trail = trail  # known to whoever answers a refusal
            caller = await kernel.verifier.caller(request)
            request.state.caller = caller
            check_scopes(caller, needed)
            _check_query(request, known)
            try:
                request = await self.received(request)
            except ClientDisconnect:  # in the middle of its body
                return Response(status_code=CLOSED)
            async with kernel.shares.of(caller.client, self._bounds.at_once):
                if not self._bounds.by_number:
                    return await self._answer(request, caller, inner, audit.Noted())
                return await self._answer_by_number(request, caller, inner)

        return handle

    async def _answer_by_number(self, request: Request, caller: Caller, inner: Handler) -> Response:
        """The same, as long as the client has not missed too often in this hour."""
        kernel: KernelState = request.app.state.kernel
        note = audit.Noted()
        await guesses.check(kernel.database, caller.client, kernel.settings.guesses_an_hour)
        try:
            return await self._answer(request, caller, inner, note)
        finally:
            if note.missed:
                await guesses.count(kernel.database, caller.client)

    async def _answer(self, request: Request, caller: Caller, inner: Handler, note: audit.Noted) -> Response:
        database, trail = request.app.state.kernel.database, request.state.trail
        answering, noted = limits.answering.set(True), audit.noted.set(note)
        try:
            async with self.transaction(database, Scope.of(caller)) as session, self.watched(request):
                request.state.session = session
                if request.method == "POST" and "idempotency-key" in request.headers:
                    response = await answer_once(request, session, caller, inner)
                else:
                    response = await inner(request)
                await trail.answered(session, request, caller, response, note)
                of_content(response)
                return response
        except CallerLeft:
            await trail.refused(request, CLOSED, "caller-left")
            return Response(status_code=CLOSED)
        finally:
            audit.noted.reset(noted)
            limits.answering.reset(answering)

    async def received(self, request: Request) -> Request:
        """The request with its body, which is bounded."""
        body = await bodies.read(request, self._most)
        if body and self.body_field is not None:
            await bodies.check(body, self._bounds.values)
        return bodies.BodyRequest(request.scope, request.receive, body)

    def watched(self, request: Request) -> AbstractAsyncContextManager[None]:
        """What ends the work when the caller leaves. Not the commit: that is done or not, never half."""
        return while_present(request)

    def inner_handler(self) -> Handler:
        """What runs inside the transaction: FastAPI's handler."""
        return super().get_route_handler()

    def transaction(self, database: Database, scope: Scope) -> AbstractAsyncContextManager[Transaction]:
        """The transaction of a request."""
        return database.transaction(scope, seconds=self._bounds.seconds)


class ImpersonalRoute(EdgeRoute):
    """A route that tells nothing of persons or money, such as the law or the table of regions: no audit entry."""

    left = Left.NONE


class DirectRoute(EdgeRoute):
    """A hot route: a transaction without a session, and nothing for FastAPI to find out. Its endpoint takes the request
    and the caller, and answers with a Response. It is too short for anybody to leave meanwhile. What it writes are
    versions that nobody changes: they are its trail, and only refused requests leave an audit entry."""

    left = Left.REFUSED

    async def received(self, request: Request) -> Request:
        """The request with its body; how deep that may be, the reader of a hot route says itself."""
        body = await bodies.read(request, self._most)
        await bodies.check(body, self._bounds.values, depth=len(body))
        return bodies.BodyRequest(request.scope, request.receive, body)

    def watched(self, request: Request) -> AbstractAsyncContextManager[None]:  # noqa: ARG002  # as its parent has it
        """Nothing: a task more would cost more than it saves."""
        return nullcontext()

    def inner_handler(self) -> Handler:
        """The endpoint itself."""
        endpoint: Callable[[Request, Caller], Coroutine[Any, Any, Response]] = self.endpoint

        async def handle(request: Request) -> Response:
            return await endpoint(request, request.state.caller)

        return handle

    def transaction(self, database: Database, scope: Scope) -> AbstractAsyncContextManager[Transaction]:
        """The transaction of a request, on the driver."""
        return database.direct(scope)


def operation_id(route: APIRoute) -> str:
    """``registerSenior`` for ``register_senior``: clients are generated with it, so it stays while paths may change."""
    first, *others = route.name.split("_")
    return first + "".join(map(str.capitalize, others))


def router(prefix: str, tag: str, route_class: type[EdgeRoute] = EdgeRoute) -> APIRouter:
    """A module's router: ``router("/v1/deliveries", "deliveries 送餐记录")``, the tag in English and Chinese.

    Its endpoints have names that are theirs alone in the service; the document calls the operations after them.
    """
    return APIRouter(route_class=route_class, prefix=prefix, tags=[tag], generate_unique_id_function=operation_id)

"""What every answer tells a browser and whatever lies between: guess no types, keep nothing, show it in no frame, and
which request it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from shared.ids import new_id

SAFE = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
}
"""What an answer says unless its route says something else."""
ROUTE = b"x-anxiang-route"
"""Tells the gateway's log the route's template, so that it need not know a path. The gateway takes it away again."""
REQUEST_ID = "x-request-id"
_RAW = [(name.encode(), value.encode()) for name, value in SAFE.items()]
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def field(scope: Scope, name: bytes) -> str | None:
    """A field of a request's head, whose lines are joined by commas; None where there is none."""
    lines = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return ", ".join(lines) if lines else None


def identify(scope: Scope) -> str:
    """The id of a request, the same whoever asks: the gateway's where it gave one, a new one otherwise. What is no UUID
    could be anything, also somebody's number, and is not taken."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        given = field(scope, REQUEST_ID.encode()) or ""
        state["request_id"] = given if _UUID.fullmatch(given) else str(new_id())
    known: str = state["request_id"]
    return known


@contextmanager
def named(scope: Scope) -> Iterator[None]:
    """A context in which every line of the log says which request it is about."""
    before = bind_contextvars(request=identify(scope))
    try:
        yield
    finally:
        reset_contextvars(**before)


def complete(message: Message, scope: Scope) -> None:
    """Add to the start of an answer what it does not say itself."""
    given = message.setdefault("headers", [])
    names = {name for name, _ in given}
    wanted = [*_RAW, (REQUEST_ID.encode(), identify(scope).encode())]
    message["headers"] = [*given, *(pair for pair in wanted if pair[0] not in names)]


class HeadAsGet:
    """Answers HEAD as GET would be answered, without the body: on every route of an application (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self.app({**scope, "method": "GET"}, receive, without_body)


class SafeHeaders:
    """Adds them to every answer of an application that is no service."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                complete(message, scope)
            await send(message)

        with named(scope):
            await self.app(scope, receive, with_headers)

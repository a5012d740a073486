"""What every answer tells a browser and whatever lies between: guess no types, keep nothing, show it in no frame."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
}
"""What an answer says unless its route says something else."""
ROUTE = b"x-anxiang-route"
"""Tells the gateway's log the route's template, so that it need not know a path. The gateway takes it away again."""
_RAW = [(name.encode(), value.encode()) for name, value in SAFE.items()]


def complete(message: Message, route: str = "") -> None:
    """Add to the start of an answer what it does not say itself."""
    given = message.setdefault("headers", [])
    names = {name for name, _ in given}
    message["headers"] = [*given, *(pair for pair in _RAW if pair[0] not in names)]
    if route:
        message["headers"].append((ROUTE, route.encode()))


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

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                complete(message)
            await send(message)

        await self.app(scope, receive, with_headers)

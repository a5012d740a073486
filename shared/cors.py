"""Which web pages may call from a browser (Fetch standard, CORS): contracts and documents are everybody's, all else is
for the origins of an allow-list. Tokens travel in a header that a page sets itself, so no credentials are allowed."""

from __future__ import annotations

import re
from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.headers import field

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
ASKS = (
    *("accept-language", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match"),
    *("traceparent", "tracestate", "ce-specversion", "ce-type", "ce-source", "ce-id", "ce-time"),
)
"""Fields of a request that a page may set."""
TELLS = (
    *("allow", "anxiang-replayed", "content-language", "etag", "idempotency-replayed", "location", "ratelimit"),
    *("ratelimit-policy", "retry-after", "www-authenticate", "x-request-id"),
)
"""Fields of an answer that a page may read."""
SECONDS = 600
"""For which a browser need not ask again what it may do."""
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:.]+\](:[0-9]{1,5})?")


def origins_of(text: str) -> tuple[str, ...]:
    """The origins of an allow-list, separated by commas. ValueError for what is none, ``*`` and ``null`` too."""
    origins = tuple(part.strip() for part in text.split(",") if part.strip())
    if wrong := [one for one in origins if not _ORIGIN.fullmatch(one)]:
        raise ValueError(f"{wrong[0][:100]!r} is no origin: scheme://host[:port], in lower case, nothing after it")
    return origins


class Cors:
    """Tells a browser which pages may read the answers of an application: all pages those of paths that begin as one of
    ``open_paths``, pages of ``origins`` all others. Answers what a browser asks before the request itself."""

    def __init__(self, app: ASGIApp, origins: Collection[str] = (), open_paths: tuple[str, ...] = ()) -> None:
        self.app, self._origins, self._open = app, frozenset(origins), open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_open = scope["path"].removeprefix(scope.get("root_path", "")).startswith(self._open)
        if not is_open and not self._origins:
            await self.app(scope, receive, send)
            return
        origin = field(scope, b"origin")
        allowed = "*" if is_open else origin if origin in self._origins else None

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                head = MutableHeaders(scope=message)
                if not is_open:
                    head.add_vary_header("Origin")
                if allowed and origin:
                    head["access-control-allow-origin"] = allowed
                    head["access-control-expose-headers"] = ", ".join(TELLS)
            await send(message)

        asks = scope["method"] == "OPTIONS" and field(scope, b"access-control-request-method") is not None
        await (_granted(scope, receive, told) if asks and allowed and origin else self.app(scope, receive, told))


async def _granted(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer to a browser that asks beforehand."""
    head = {
        "access-control-allow-methods": ", ".join(METHODS),
        "access-control-allow-headers": ", ".join(ASKS),
        "access-control-max-age": str(SECONDS),
    }
    await Response(status_code=204, headers=head)(scope, receive, send)

"""``Idempotency-Key``: the first answer is kept with the facts it speaks of, and given again to the same request.

Answers can hold personal data (a revealed number, a bank account), so they are kept encrypted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable

from fastapi import Request, Response

from shared import audit
from shared.auth import Caller
from shared.crypto import Keyring
from shared.database import Transaction, driver
from shared.errors import Conflict, Invalid, Malformed

LONGEST = 200
KEPT_HEADERS = ("cache-control", "content-type", "etag", "location", "content-language")

FILED = "audit-region"
"""Kept beside them, and given to nobody: where the first request's audit entry is filed, for those of its repeats."""

# Two statements: the look must come after the lock, or it could miss an answer that is committed in between.
_LOCK = "SELECT pg_try_advisory_xact_lock($1)"
_LOOK = "SELECT request_hash, status, headers::text, body FROM idempotency_keys WHERE client = $1 AND key = $2"
_KEEP = """
INSERT INTO idempotency_keys (client, key, request_hash, status, headers, body) VALUES ($1, $2, $3, $4, $5, $6)
"""


class KeyReused(Invalid):
    """Same key, other request."""

    slug, title_en, title_zh = (
        "idempotency-key-reused",
        "This key was used for another request",
        "该幂等键已用于另一请求",
    )


class StillRunning(Conflict):
    """The first request with this key is not done yet."""

    slug, title_en, title_zh = (
        "idempotency-still-running",
        "The first request with this key is still running",
        "同一幂等键的请求仍在处理中",
    )


def _key(request: Request) -> str:
    key = request.headers["idempotency-key"].strip().strip('"')
    if not key or len(key) > LONGEST or not key.isprintable():
        raise Malformed(
            f"Idempotency-Key has 1 to {LONGEST} printable characters.",
            f"Idempotency-Key 应为 1 至 {LONGEST} 个可见字符。",
        )
    return key


def _number(*parts: str) -> int:
    """A signed 64-bit number of the lock; advisory locks are common to all schemas of a database."""
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode(errors="replace")).digest()[:8], "big", signed=True)


async def answer_once(
    request: Request, session: Transaction, caller: Caller, handler: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Run the handler, or give the first answer again. Only successful answers are kept: a refusal changed nothing."""
    key = _key(request)
    request_hash = await _fingerprint(request, caller)
    keyring: Keyring = request.app.state.kernel.keyring
    note = audit.noted.get() or audit.Noted()
    number = _number(request.app.state.kernel.database.schema, caller.client, key)
    connection = await driver(session)
    if not await connection.fetchval(_LOCK, number):
        raise StillRunning
    known = await connection.fetchrow(_LOOK, caller.client, key)
    if known:
        if known["request_hash"] != request_hash:
            raise KeyReused
        headers = json.loads(known["headers"]) | {"idempotency-replayed": "true"}
        note.region = headers.pop(FILED, "")
        return Response(keyring.unseal(known["body"]), known["status"], headers)
    response = await handler(request)
    if response.status_code < 300:
        kept = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        headers = json.dumps(kept | ({FILED: note.region} if note.region else {}))
        body = keyring.seal(bytes(response.body))
        await connection.execute(_KEEP, caller.client, key, request_hash, response.status_code, headers, body)
    return response


async def _fingerprint(request: Request, caller: Caller) -> bytes:
    """What makes two requests the same: who asks, with which sight, for what."""
    who = f"{caller.subject}\n{caller.organization}\n{','.join(caller.regions)}\n"
    target = f"{request.method} {request.url.path}?{request.url.query}\n"
    body = await request.body()
    form, _, boundary = request.headers.get("content-type", "").partition("boundary=")
    if form.lower().startswith("multipart/") and boundary:  # drawn anew each time the same form is sent
        body = body.replace(b"--" + boundary.strip('"').encode(), b"--")
    return hashlib.sha256((who + target).encode(errors="replace") + body).digest()

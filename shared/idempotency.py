"""``Idempotency-Key``: the first answer is kept with the facts it speaks of, and given again to the same request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Caller
from shared.errors import Conflict, Invalid, Malformed

LONGEST = 200
KEPT_HEADERS = ("content-type", "etag", "location", "content-language")


class KeyReused(Invalid):
    """Same key, other request."""

    slug, title_en, title_zh = "idempotency-key-reused", "This key was used for another request", "该幂等键已用于另一请求"


class StillRunning(Conflict):
    """The first request with this key is not done yet."""

    slug, title_en, title_zh = "idempotency-still-running", "The first request with this key is still running", "同一幂等键的请求仍在处理中"


def _key(request: Request) -> str:
    key = request.headers["idempotency-key"].strip().strip('"')
    if not key or len(key) > LONGEST or not key.isprintable():
        raise Malformed(f"Idempotency-Key has 1 to {LONGEST} printable characters.", f"Idempotency-Key 应为 1 至 {LONGEST} 个可见字符。")
    return key


async def answer_once(
    request: Request, session: AsyncSession, caller: Caller, handler: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Run the handler, or give the first answer again. Only successful answers are kept: a refusal changed nothing."""
    key = _key(request)
    target = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    request_hash = hashlib.sha256(target + await request.body()).digest()
    lock = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
    if not await session.scalar(lock, {"name": f"{session.info.get('scope')}{caller.client}\0{key}"}):
        raise StillRunning()
    known = (
        await session.execute(
            text("SELECT request_hash, status, headers, body FROM idempotency_keys WHERE client = :client AND key = :key"),
            {"client": caller.client, "key": key},
        )
    ).one_or_none()
    if known:
        if bytes(known.request_hash) != request_hash:
            raise KeyReused()
        return Response(bytes(known.body), known.status, known.headers | {"idempotency-replayed": "true"})
    response = await handler(request)
    if response.status_code < 300:
        await _keep(session, caller.client, key, request_hash, response)
    return response


async def _keep(session: AsyncSession, client: str, key: str, request_hash: bytes, response: Response) -> None:
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    await session.execute(
        text(
            "INSERT INTO idempotency_keys (client, key, request_hash, status, headers, body)"
            " VALUES (:client, :key, :request_hash, :status, :headers, :body)"
        ),
        {
            "client": client,
            "key": key,
            "request_hash": request_hash,
            "status": response.status_code,
            "headers": json.dumps(headers),
            "body": bytes(response.body),
        },
    )

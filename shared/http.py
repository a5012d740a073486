"""Calls from one service to another, through the gateway, with the service's own token."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import structlog
from opentelemetry import propagate

from shared.errors import Unavailable
from shared.settings import Settings

TIMEOUT = httpx.Timeout(30, connect=5)
TRIES = 4
log = structlog.get_logger("anxiang.http")
EARLY = 60.0  # seconds before expiry at which a new token is fetched


class ServiceClient:
    """Fetches its own client-credentials token; tries again when the other side is not there."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._http = httpx.AsyncClient(
            base_url=settings.gateway_url, timeout=TIMEOUT, transport=transport, trust_env=False
        )
        self._token, self._until = "", 0.0

    async def post(self, service: str, path: str, body: Any) -> Any:  # noqa: ANN401  # JSON in, JSON out
        """POST JSON to ``/<service><path>``, which must be safe to repeat. Unavailable (503) when it cannot be done."""
        return await self._ask("POST", service, path, {"json": body}, TRIES)

    async def get(self, service: str, path: str, query: dict[str, Any], *, tries: int = TRIES) -> Any:  # noqa: ANN401  # JSON
        """GET ``/<service><path>``. Unavailable (503) when it cannot be done."""
        return await self._ask("GET", service, path, {"params": query}, tries)

    async def _ask(self, method: str, service: str, path: str, content: dict[str, Any], tries: int) -> Any:  # noqa: ANN401  # JSON
        for attempt in range(tries):
            try:
                answer = await self._http.request(method, f"/{service}{path}", headers=await self._headers(), **content)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code < 300:
                return _json(service, answer)
            if answer is not None and answer.status_code == 401 and self._token:
                self._token = ""  # the issuer may have changed its keys: ask for a new one
            elif answer is not None and answer.status_code < 500:
                raise _refused(service, answer)
            await asyncio.sleep(0.2 * 2**attempt)
        raise Unavailable(f"{service} does not answer.", f"{service} 服务没有响应。")

    async def _headers(self) -> dict[str, str]:
        if not self._token or time.monotonic() > self._until:
            answer = await self._http.post(
                self._settings.token_url,
                data={"grant_type": "client_credentials"},
                auth=(self._settings.client_id, self._settings.client_secret),
            )
            if answer.status_code >= 300:
                raise _refused("issuer", answer)
            token = _json("issuer", answer)
            self._token, self._until = token["access_token"], time.monotonic() + token["expires_in"] - EARLY
        headers = {"authorization": f"Bearer {self._token}"}
        propagate.inject(headers)
        return headers

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()


def _json(service: str, answer: httpx.Response) -> Any:  # noqa: ANN401  # whatever JSON holds
    try:
        return answer.json()
    except ValueError as error:
        raise _refused(service, answer) from error


def _refused(service: str, answer: httpx.Response) -> Unavailable:
    """Told to the client by status only; the answer's text is the other service's and may be personal."""
    log.error("call refused", service=service, status=answer.status_code, path=answer.request.url.path)
    return Unavailable(
        f"{service} refused the call with {answer.status_code}.", f"{service} 服务拒绝了调用({answer.status_code})。"
    )

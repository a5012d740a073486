"""Calls from one service to another, through the gateway, with the service's own token."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
from opentelemetry import propagate

from shared.errors import Unavailable
from shared.settings import Settings

TIMEOUT = httpx.Timeout(30, connect=5)
TRIES = 4
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
        for attempt in range(TRIES):
            try:
                answer = await self._http.post(f"/{service}{path}", json=body, headers=await self._headers())
                if answer.status_code < 500:
                    answer.raise_for_status()
                    return answer.json()
            except httpx.TransportError:
                pass
            except httpx.HTTPStatusError as error:
                detail = error.response.text[:300]
                raise Unavailable(f"{service} refused the call: {detail}", f"{service} 服务拒绝了调用:{detail}") from error
            await asyncio.sleep(0.2 * 2**attempt)
        raise Unavailable(f"{service} does not answer.", f"{service} 服务没有响应。")

    async def _headers(self) -> dict[str, str]:
        if time.monotonic() > self._until:
            answer = await self._http.post(
                self._settings.token_url,
                data={"grant_type": "client_credentials"},
                auth=(self._settings.client_id, self._settings.client_secret),
            )
            answer.raise_for_status()
            token = answer.json()
            self._token, self._until = token["access_token"], time.monotonic() + token["expires_in"] - EARLY
        headers = {"authorization": f"Bearer {self._token}"}
        propagate.inject(headers)
        return headers

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

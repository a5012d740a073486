"""The demo's clients: each fetches its own token and calls the gateway as anybody would."""

from __future__ import annotations

import time
from typing import Any

import httpx

from deploy.demo import clients

RETRIED = {429, 502, 503, 504}


class CallFailedError(RuntimeError):
    """An answer that the story did not expect."""


class DemoClient(httpx.Client):
    """One demo client: ``DemoClient(base_url, "vendor-a").post("/visits/v1/deliveries", json=…)``."""

    def __init__(self, base_url: str, name: str, **options: Any) -> None:  # noqa: ANN401  # httpx's own options
        super().__init__(base_url=base_url, timeout=120, trust_env=False, **options)
        self.name, self._until = name, 0.0

    def request(self, *args: Any, **options: Any) -> httpx.Response:  # noqa: ANN401  # httpx's own signature
        """Call with a token, and try again when the gateway asks for patience."""
        if time.monotonic() > self._until:
            self._fetch_token()
        for attempt in range(8):
            answer = super().request(*args, **options)
            if answer.status_code not in RETRIED:
                break
            time.sleep(float(answer.headers.get("retry-after", 0.2 * 2**attempt)))
        return answer

    def json(self, method: str, path: str, *, expect: int | tuple[int, ...] = (200, 201, 202), **options: Any) -> Any:  # noqa: ANN401
        """Call, insist on a status and answer with the JSON."""
        answer = self.request(method, path, **options)
        wanted = (expect,) if isinstance(expect, int) else expect
        if answer.status_code not in wanted:
            raise CallFailedError(f"{self.name}: {method} {path} answered {answer.status_code}: {answer.text[:600]}")
        return answer.json() if answer.content else None

    def _fetch_token(self) -> None:
        secret = clients.load()[self.name].secret
        answer = httpx.post(
            f"{self.base_url}/oauth/token".replace("//oauth", "/oauth"),
            data={"grant_type": "client_credentials"},
            auth=(self.name, secret),
            trust_env=False,
        )
        answer.raise_for_status()
        token = answer.json()
        self.headers["authorization"] = f"Bearer {token['access_token']}"
        self._until = time.monotonic() + token["expires_in"] - 30

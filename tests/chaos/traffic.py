"""Vendors who never give up: they post until they have an answer, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx

from deploy.demo import deliveries
from deploy.demo.deliveries import BATCH_JSON, Vendor
from shared.clock import today

BATCH = 100
REPEATED = 10  # one in ten is posted twice
WRITERS = 4
SLOTS = (7, 12, 17)
PATIENCE = 120.0


def events(vendor: Vendor, total: int, seed: int) -> list[dict[str, Any]]:
    """So many events, one in ten of them a repeat of another, in random order."""
    chance = random.Random(seed)
    unique = total - total // REPEATED
    made = []
    for number in range(unique):
        senior = vendor.seniors[number % len(vendor.seniors)]
        meal = number // len(vendor.seniors)
        day = today() - timedelta(days=1 + meal // len(SLOTS))
        event = deliveries.event(vendor, senior, day, number)
        hours = timedelta(hours=SLOTS[meal % len(SLOTS)] - 11)
        made.append(event | {"id": f"{seed}-{number}", "data": deliveries.shifted(event["data"], hours)})
    made += chance.sample(made, total - unique)
    chance.shuffle(made)
    return made


class Traffic:
    """Posts batches with several writers and keeps the answers."""

    def __init__(self, base_url: str, token: str, posts: Sequence[dict[str, Any]]) -> None:
        self._batches = [list(posts[i : i + BATCH]) for i in range(0, len(posts), BATCH)]
        self._headers = {"authorization": f"Bearer {token}"} | BATCH_JSON
        self._base_url = base_url
        self.posted, self.total, self.tries = 0, len(posts), 0
        self.answers: dict[str, set[str]] = {}

    @property
    def share(self) -> float:
        """How much of it is answered."""
        return self.posted / self.total

    async def run(self) -> None:
        """Post everything."""
        queue = list(reversed(self._batches))
        async with httpx.AsyncClient(
            base_url=self._base_url, headers=self._headers, timeout=20, trust_env=False
        ) as http:
            await asyncio.gather(*(self._writer(http, queue) for _ in range(WRITERS)))

    async def _writer(self, http: httpx.AsyncClient, queue: list[list[dict[str, Any]]]) -> None:
        while queue:
            batch = queue.pop()
            results = await self._until_answered(http, batch)
            for event, result in zip(batch, results, strict=True):
                assert result["outcome"] == "recorded", result
                self.answers.setdefault(event["id"], set()).add(f"{result['delivery_id']} {result['status']}")
            self.posted += len(batch)

    async def _until_answered(self, http: httpx.AsyncClient, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while asyncio.get_running_loop().time() < deadline:
            self.tries += 1
            try:
                answer = await http.post("/visits/v1/deliveries/batch", json=batch)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code == 200:
                results: list[dict[str, Any]] = answer.json()["results"]
                return results
            assert answer.status_code in {429, 500, 502, 503, 504}, answer.text[:500]
            await asyncio.sleep(0.1)
        raise AssertionError("a batch was not taken within the time")

"""Kill -9 and freeze at random points under load: nothing lost, nothing twice.

Two rounds by default; ``ANXIANG_CHAOS=long`` or ``ANXIANG_CHAOS_ROUNDS=50`` for more, ``ANXIANG_CHAOS_FIRST=2`` to
begin with another one. Figures go to standard output; a round that fails names a folder of what was found.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest

from deploy.demo.client import DemoClient
from deploy.demo.deliveries import Vendor
from deploy.demo.district import District, load
from deploy.demo.seed import seed_if_empty
from deploy.demo.story import sheet
from deploy.local.stack import Stack
from deploy.migrations.run import SERVICES
from tests.chaos import evidence
from tests.chaos.ledgers import Ledgers
from tests.chaos.traffic import BATCH, Traffic, events

ROUNDS = int(os.environ.get("ANXIANG_CHAOS_ROUNDS", "50" if os.environ.get("ANXIANG_CHAOS") == "long" else "2"))
POSTS = 20_000
FIRST = int(os.environ.get("ANXIANG_CHAOS_FIRST", "0"))
VICTIMS = ("visits", "subsidy", "kafka")
MANNERS = ("kill", "kill the broker twice", "kill the broker while a group rebalances", "freeze")
FROZEN = 12.0  # seconds: longer than a consumer's session
SENIORS = 200


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The full stack with the demo district and some seniors for every round."""
    with TemporaryDirectory(prefix="anxiang-chaos-") as folder:
        running = Stack(Path(folder), per_minute=1_000_000)
        running.start()
        try:
            seed_if_empty(running.base_url)
            _import(running, load(), SENIORS * ROUNDS)
            yield running
        finally:
            running.stop()


def _import(stack: Stack, district: District, count: int) -> None:
    with DemoClient(stack.base_url, f"clerk-{district.region[:6]}") as clerk:
        content = sheet(district, list(district.people(count, offset=77)), broken=())
        job = clerk.json("POST", "/registry/v1/imports", content=content, headers={"content-type": "text/csv"})
        while clerk.json("GET", f"/registry/v1/imports/{job['import_id']}")["status"] != "finished":
            time.sleep(0.2)


@asynccontextmanager
async def _ledgers(stack: Stack) -> AsyncIterator[Ledgers]:
    assert stack.postgres is not None
    assert stack.kafka is not None
    address = stack.postgres.superuser_url("anxiang").replace("+asyncpg", "")
    connection = await asyncpg.connect(address)
    try:
        yield Ledgers(connection, stack.kafka.clients())
    finally:
        await connection.close()


async def _seniors(ledgers: Ledgers, stack: Stack, round_number: int) -> list[str]:
    """Two hundred seniors of this round's own, as soon as the visits service knows them."""
    assert stack.postgres is not None
    connection = await asyncpg.connect(stack.postgres.superuser_url("anxiang").replace("+asyncpg", ""))
    try:
        while await connection.fetchval("SELECT count(*) FROM visits.seniors") < SENIORS * ROUNDS:  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.2)
        rows = await connection.fetch(
            "SELECT senior_id::text FROM visits.seniors ORDER BY senior_id DESC LIMIT $1 OFFSET $2",
            SENIORS,
            SENIORS * round_number,
        )
        return [row[0] for row in rows]
    finally:
        await connection.close()


async def _harm(stack: Stack, traffic: Traffic, chance: random.Random, manner: str) -> list[str]:
    """Each victim once, each when a random share of the traffic is through, one not waiting for the other."""
    if manner == "kill the broker while a group rebalances":
        return [await _kill_in_rebalance(stack, traffic, chance)]
    harm = _freeze if manner == "freeze" else _kill
    plans = [(victim, chance.uniform(0.05, 0.95), chance.uniform(0.0, 1.0)) for victim in VICTIMS]
    diary = list(await asyncio.gather(*(harm(stack, traffic, *plan) for plan in plans)))
    if manner == "kill the broker twice":
        await asyncio.sleep(chance.uniform(0.0, 3.0))
        diary.append(await _kill(stack, traffic, "kafka", 0.0, chance.uniform(0.0, 1.0)))
    return diary


async def _kill(stack: Stack, traffic: Traffic, victim: str, point: float, down: float) -> str:
    share = await _reached(traffic, point)
    await asyncio.to_thread(stack.kill, victim)
    await asyncio.sleep(down)
    await asyncio.to_thread(stack.start_service, victim)
    return f"{victim} at {share:.0%}"


async def _kill_in_rebalance(stack: Stack, traffic: Traffic, chance: random.Random) -> str:
    """Both members of the path die and come back, and the broker dies while they join."""
    share = await _reached(traffic, chance.uniform(0.05, 0.9))
    for victim in ("visits", "subsidy"):
        await asyncio.to_thread(stack.kill, victim)
    back = [asyncio.to_thread(stack.start_service, victim) for victim in ("visits", "subsidy")]
    joining = asyncio.gather(*back)
    await asyncio.sleep(chance.uniform(0.5, 4.0))
    await _kill(stack, traffic, "kafka", 0.0, chance.uniform(0.0, 1.0))
    await joining
    return f"visits, subsidy and kafka in a rebalance at {share:.0%}"


async def _freeze(stack: Stack, traffic: Traffic, victim: str, point: float, _down: float) -> str:
    share = await _reached(traffic, point)
    child = stack.child(victim)
    child.freeze()
    try:
        await asyncio.sleep(FROZEN)
    finally:
        child.thaw()
    return f"{victim} frozen at {share:.0%}"


async def _reached(traffic: Traffic, point: float) -> float:
    while traffic.share < point:  # noqa: ASYNC110  # a counter, not an event
        await asyncio.sleep(0.002)
    return traffic.share


@pytest.mark.parametrize("round_number", range(ROUNDS))
async def test_nothing_is_lost_and_nothing_counts_twice(stack: Stack, round_number: int) -> None:
    async with _ledgers(stack) as ledgers, evidence.kept(stack, f"round {round_number}"):
        await _round(stack, ledgers, round_number)


async def _round(stack: Stack, ledgers: Ledgers, round_number: int) -> None:
    manner, chance = MANNERS[(FIRST + round_number) % len(MANNERS)], random.Random(f"chaos {FIRST + round_number}")
    label = str(9000 + round_number)
    vendor_entry = load().content["vendors"][0]
    seniors = await _seniors(ledgers, stack, round_number)
    await ledgers.begin()
    client = DemoClient(stack.base_url, "vendor-a")
    posts = events(Vendor(client, load().vendor_id(vendor_entry), seniors), POSTS, int(label))
    traffic, began = Traffic(stack.base_url, stack.token("vendor-a"), posts), time.monotonic()
    _, diary = await asyncio.gather(traffic.run(), _harm(stack, traffic, chance, manner))
    seconds = time.monotonic() - began
    drained = await ledgers.settled(label, 90)

    deliveries, ledger, committed = (
        await ledgers.deliveries(label), await ledgers.ledger(label), await ledgers.events(label),
    )  # fmt: skip
    unique = POSTS - POSTS // 10
    assert len(traffic.answers) == len(deliveries) == unique
    assert all(len(answers) == 1 for answers in traffic.answers.values()), "a repeat was answered differently"
    assert sorted(ledger) == sorted(deliveries)
    assert len(committed) == len(set(committed.values())) == unique
    missing = set(committed) - await ledgers.on_topic()
    assert not missing, f"{len(missing)} of {len(committed)} committed events are not on the topic"
    assert await ledgers.dead_letters() == 0
    hit = traffic.tries > POSTS // BATCH or manner == "freeze"
    assert hit, "the kill of the visits service hit no request: the round proves nothing"
    took = f"{seconds:.1f} s, {traffic.tries} tries, drained in {drained:.1f} s"
    print(f"round {round_number}, {manner}: {took}; {'; '.join(diary)}")


async def test_a_round_that_fails_tells_what_was_found(stack: Stack) -> None:
    await evidence.ready(stack)
    with pytest.raises(AssertionError, match="round 0 failed") as failure:
        async with evidence.kept(stack, "round 0"):
            raise AssertionError("on purpose")
    folder = Path(str(failure.value).split("what was found is in ")[1].split(":")[0])
    names = await asyncio.to_thread(lambda: {each.name for each in folder.iterdir()})
    found = json.loads((folder / "found.json").read_text())
    assert {f"{name}.log" for name in (*SERVICES, "kafka")} <= names
    assert set(found) == {"running", "health", "kafka", "groups", "database"}
    assert all(found["running"].values())
    assert found["kafka"]["committed and end"].keys() == set(SERVICES)
    assert all("Stable" in group and name in group for name, group in found["groups"].items())
    assert {name: each["ready"]["ready"] for name, each in found["health"].items()} == dict.fromkeys(SERVICES, True)
    assert len(found["database"]["relays"]) == len(SERVICES)
    shutil.rmtree(folder)

"""Two writers at once, on real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from tests.integration.visits.conftest import Visits
from tests.support.visits import BATCH, SENIORS, VENDOR_A, VENDOR_B, YESTERDAY, event, listed, plain, senior

FIX: dict[str, Any] = {"correction_reason": "份数录错"}


async def test_the_same_event_posted_by_many_at_once_is_recorded_once(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        answers = await asyncio.gather(*(vendor.post("/v1/deliveries", json=plain()) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Counter(answer.headers["anxiang-replayed"] for answer in answers) == {"0": 1, "1": 7}
    assert len(await visits.events()) == 1


async def test_a_correction_that_races_its_original_wins_in_either_order(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        for turn in range(6):
            pair = [plain(turn), plain(turn, sequence=2, meals=2, **FIX)]
            answers = await asyncio.gather(*(vendor.post("/v1/deliveries", json=each) for each in pair))
            delivery = answers[0].json()["delivery_id"]
            now = (await vendor.get(f"/v1/deliveries/{delivery}")).json()
            assert (now["sequence"], now["meals"], len(now["versions"])) == (2, 2, 1)
            kinds = [kind for kind, data in await visits.events() if data["delivery_id"] == delivery]
            assert kinds in (["verified", "reversed", "verified"], ["verified"])


async def test_two_vendors_who_bring_the_same_meal_at_once_are_not_both_verified(visits: Visits) -> None:
    async with visits.vendor(VENDOR_A) as one, visits.vendor(VENDOR_B) as other:
        for turn in range(6):
            pair = [
                one.post("/v1/deliveries", json=plain(turn)),
                other.post("/v1/deliveries", json=plain(turn, VENDOR_B)),
            ]
            answers = await asyncio.gather(*pair)
            assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
            statuses = sorted(answer.json()["status"] for answer in answers)
            assert statuses == ["flagged", "verified"]


async def test_overlapping_batches_in_opposite_order_neither_deadlock_nor_record_twice(visits: Visits) -> None:
    events = [event(n % 8, event_id=f"x-{n}", hour=6 + n // 8) for n in range(96)]
    async with visits.vendor() as vendor:
        posts = [events, events[::-1]] * 4
        answers = await asyncio.gather(
            *(vendor.post("/v1/deliveries/batch", json=each, headers=BATCH) for each in posts)
        )
    assert {answer.status_code for answer in answers} == {200}
    by_id = [{r["event_id"]: r["delivery_id"] for r in answer.json()["results"]} for answer in answers]
    assert all(each == by_id[0] for each in by_id)
    assert len(await visits.rows("SELECT 1 FROM deliveries")) == 96 == len(await visits.events())


async def test_a_death_that_races_a_delivery_never_leaves_it_counting(visits: Visits) -> None:
    died = YESTERDAY - timedelta(days=1)
    async with visits.vendor() as vendor:
        for turn in range(6):
            news = visits.tell(senior(SENIORS[turn], 2, status="deceased", died_on=died))
            answer, _ = await asyncio.gather(vendor.post("/v1/deliveries", json=plain(turn)), news)
            delivery = answer.json()["delivery_id"]
            assert (await vendor.get(f"/v1/deliveries/{delivery}")).json()["status"] == "rejected"
            kinds = [kind for kind, data in await visits.events() if data["delivery_id"] == delivery]
            assert kinds in (["verified", "reversed"], ["rejected"])


async def test_a_listing_that_races_deliveries_never_leaves_one_counting(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        posts = [vendor.post("/v1/deliveries", json=plain(turn)) for turn in range(8)]
        done = await asyncio.gather(*posts[:4], visits.tell(listed(VENDOR_A, YESTERDAY)), *posts[4:])
        assert {a.status_code for a in done if a} == {201}, [a.text for a in done if a]
        items = (await vendor.get("/v1/deliveries")).json()["items"]
    assert [item["status"] for item in items] == ["rejected"] * 8


async def test_two_reviewers_at_once_decide_once(visits: Visits) -> None:
    async with visits.vendor() as vendor, visits.clerk() as clerk:
        delivery = (await vendor.post("/v1/deliveries", json=plain(place=None))).json()["delivery_id"]
        path = f"/v1/deliveries/{delivery}/review"
        bodies = [{"decision": each, "reason": "电话回访"} for each in ("clear", "reject")]
        answers = await asyncio.gather(*(clerk.post(path, json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await visits.events()) == 2

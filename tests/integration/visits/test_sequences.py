"""Versions of one delivery: replays, corrections, late and conflicting ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.integration.visits.conftest import Visits
from tests.support.visits import BATCH, SENIORS, YESTERDAY, event, plain

FIX: dict[str, Any] = {"correction_reason": "份数录错"}


async def test_a_replay_answers_what_the_first_one_answered(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        first = await vendor.post("/v1/deliveries", json=plain())
        again = await vendor.post("/v1/deliveries", json=plain())
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (first.headers["anxiang-replayed"], again.headers["anxiang-replayed"]) == ("0", "1")
    assert len(await visits.events()) == 1


async def test_a_replay_answers_the_first_verdict_even_after_a_review(visits: Visits) -> None:
    async with visits.vendor() as vendor, visits.clerk() as clerk:
        first = await vendor.post("/v1/deliveries", json=plain(place=None))
        delivery = first.json()["delivery_id"]
        await clerk.post(f"/v1/deliveries/{delivery}/review", json={"decision": "clear", "reason": "电话回访属实"})
        again = await vendor.post("/v1/deliveries", json=plain(place=None))
        now = (await vendor.get(f"/v1/deliveries/{delivery}")).json()
    assert again.content == first.content
    assert (now["verdict"], now["status"]) == ("flagged", "verified")


async def test_the_same_moment_written_with_another_offset_is_a_replay(visits: Visits) -> None:
    record = plain()
    shifted = record | {"ended_at": datetime.fromisoformat(record["ended_at"]).astimezone(UTC).isoformat()}
    async with visits.vendor() as vendor:
        first = await vendor.post("/v1/deliveries", json=record)
        assert (await vendor.post("/v1/deliveries", json=shifted)).content == first.content


async def test_equal_sequence_with_other_content_is_refused_and_changes_nothing(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        first = (await vendor.post("/v1/deliveries", json=plain())).json()
        other = await vendor.post("/v1/deliveries", json=plain(meals=2))
        now = (await vendor.get(f"/v1/deliveries/{first['delivery_id']}")).json()
    assert other.status_code == 409
    assert other.json()["type"].endswith("/sequence-conflict")
    assert (now["meals"], now["versions"]) == (1, [])


async def test_a_higher_sequence_supersedes_and_reverses_what_counted(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        first = (await vendor.post("/v1/deliveries", json=plain())).json()
        second = (await vendor.post("/v1/deliveries", json=plain(sequence=4, meals=2, **FIX))).json()
        now = (await vendor.get(f"/v1/deliveries/{first['delivery_id']}")).json()
        conflict = await vendor.post("/v1/deliveries", json=plain(meals=3))
    assert second["delivery_id"] == first["delivery_id"]
    assert (now["meals"], now["sequence"], [v["meals"] for v in now["versions"]]) == (2, 4, [1])
    assert [(kind, data["sequence"]) for kind, data in await visits.events()] == [
        ("verified", 1),
        ("reversed", 2),
        ("verified", 3),
    ]
    assert conflict.status_code == 409, "a superseded version keeps its sequence number for ever"


async def test_a_lower_sequence_is_kept_as_history_and_answered_superseded(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        await vendor.post("/v1/deliveries", json=plain(sequence=3, **FIX))
        late = await vendor.post("/v1/deliveries", json=plain(sequence=2, meals=2, **FIX))
        again = await vendor.post("/v1/deliveries", json=plain(sequence=2, meals=2, **FIX))
        now = (await vendor.get(f"/v1/deliveries/{late.json()['delivery_id']}")).json()
    assert (late.status_code, late.json()["outcome"], late.json()["status"]) == (200, "superseded", None)
    assert (again.status_code, again.content) == (200, late.content)
    assert (now["sequence"], now["meals"], [v["sequence"] for v in now["versions"]]) == (3, 1, [2])
    assert len(await visits.events()) == 1


async def test_a_correction_may_move_a_delivery_to_another_month_and_senior(visits: Visits) -> None:
    earlier = YESTERDAY.replace(day=1) - timedelta(days=3)
    async with visits.vendor() as vendor:
        await vendor.post("/v1/deliveries", json=plain())
        moved = plain(sequence=2, day=earlier, senior_id=str(SENIORS[1]), **FIX)
        answer = await vendor.post("/v1/deliveries", json=moved)
        again = await vendor.post("/v1/deliveries", json=moved)
        third = await vendor.post("/v1/deliveries", json=plain(sequence=3, **FIX))
        listed = (await vendor.get("/v1/deliveries")).json()["items"]
    assert again.content == answer.content
    assert third.status_code == 201
    assert [(each["sequence"], each["service_date"]) for each in listed] == [(3, YESTERDAY.isoformat())]
    kinds = [(kind, data["senior_id"]) for kind, data in await visits.events()]
    here, there = str(SENIORS[0]), str(SENIORS[1])
    assert kinds == [
        ("verified", here),
        ("reversed", here),
        ("verified", there),
        ("reversed", there),
        ("verified", here),
    ]


async def test_correcting_what_was_not_verified_needs_a_person(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        await vendor.post("/v1/deliveries", json=plain(place=None))
        second = (await vendor.post("/v1/deliveries", json=plain(sequence=2, **FIX))).json()
    assert second["status"] == "flagged"
    assert [reason["code"] for reason in second["reasons"]] == ["corrected_after_refusal"]


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
async def test_versions_in_one_batch_end_as_they_would_one_by_one(visits: Visits, order: tuple[int, ...]) -> None:
    versions = [event(sequence=s, meals=s, **(FIX if s > 1 else {})) for s in order]
    single = [event(1, sequence=s, meals=min(s, 2), **(FIX if s > 1 else {})) for s in order]
    versions = [v | {"data": v["data"] | {"meals": min(v["data"]["meals"], 2)}} for v in versions]
    async with visits.vendor() as vendor:
        batch = (await vendor.post("/v1/deliveries/batch", json=versions, headers=BATCH)).json()["results"]
        one_by_one = [
            (await vendor.post("/v1/deliveries/batch", json=[each], headers=BATCH)).json()["results"][0]
            for each in single
        ]
        both = [
            (await vendor.get(f"/v1/deliveries/{each['delivery_id']}")).json() for each in (batch[0], one_by_one[0])
        ]
    assert [(r["outcome"], r["status"]) for r in batch] == [(r["outcome"], r["status"]) for r in one_by_one]
    assert both[0]["sequence"] == both[1]["sequence"] == 3
    assert [v["sequence"] for v in both[0]["versions"]] == [v["sequence"] for v in both[1]["versions"]] == [1, 2]
    own = [(kind, data) for kind, data in await visits.events() if data["delivery_id"] == batch[0]["delivery_id"]]
    assert [kind for kind, _ in own] == ["verified"], "a batch announces where a delivery ended, not the steps between"

"""Batches: one result per event, in order, bad ones beside good ones, a bounded number of statements."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.visits.conftest import Visits
from tests.support.visits import BATCH, SENIORS, VENDOR_B, at, event


async def _post(visits: Visits, events: Any) -> list[dict[str, Any]]:
    async with visits.vendor() as vendor:
        answer = await vendor.post("/v1/deliveries/batch", json=events, headers=BATCH)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


async def test_an_empty_batch_has_no_results(visits: Visits) -> None:
    assert await _post(visits, []) == []


async def test_bad_items_do_not_harm_good_ones_and_keep_their_places(visits: Visits) -> None:
    bad_place = event(5, place={"latitude": 91, "longitude": 0, "datum": "XYZ"})
    events = [
        event(0),
        "nonsense",
        event(1) | {"id": 7},
        event(2, VENDOR_B),
        event(3, senior_id=str(VENDOR_B)),
        event(4, ended_at="2026-02-30T10:00:00+08:00"),
        bad_place,
        event(6, unknown=1),
        event(7, started_at=at(12), ended_at=at(11)),
        event(1),
    ]
    results = await _post(visits, events)
    assert [r["index"] for r in results] == list(range(10))
    assert [r["outcome"] for r in results] == ["recorded", *["refused"] * 8, "recorded"]
    kinds = [r["problem"]["type"].rpartition("/")[2] if r.get("problem") else None for r in results]
    invalid = "delivery-invalid"
    assert kinds == [None, invalid, invalid, "other-vendor", "senior-not-found", *[invalid] * 4, None]
    assert [e["pointer"] for e in results[6]["problem"]["errors"]] == ["/data/place/latitude", "/data/place/datum"]
    assert results[7]["problem"]["errors"][0]["pointer"] == "/data/unknown"
    assert results[8]["problem"]["errors"][0]["pointer"] == "/data/ended_at"
    assert len(await visits.rows("SELECT 1 FROM deliveries")) == 2
    assert len(await visits.rows("SELECT 1 FROM delivery_keys")) == 2


async def test_the_same_event_twice_in_a_batch_is_recorded_once_with_the_same_answer(visits: Visits) -> None:
    first, _, again = await _post(visits, [event(0), event(1), event(0)])
    assert first | {"index": 2} == again
    assert len(await visits.events()) == 2


async def test_a_whole_batch_may_be_sent_again(visits: Visits) -> None:
    events = [event(n) for n in range(8)]
    assert await _post(visits, events) == await _post(visits, events)
    assert len(await visits.events()) == 8


async def test_a_batch_over_the_limit_is_refused_whole(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        answer = await vendor.post("/v1/deliveries/batch", json=[event(0)] * 1001, headers=BATCH)
        limits = (await vendor.get("/v1/limits")).json()
    assert answer.status_code == 413
    assert answer.json()["limit"] == limits["batch_events"] == 1000
    assert await visits.rows("SELECT 1 FROM deliveries") == []


async def test_a_batch_over_the_limit_is_refused_whole_even_when_items_are_bad(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        answer = await vendor.post("/v1/deliveries/batch", json=["x"] * 1001, headers=BATCH)
    assert answer.status_code == 413


async def test_a_batch_that_is_no_list_or_no_json_is_refused(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        for body, status in ((b"{}", 422), (b"null", 422), (b"[", 400), (b"\xff\xfe", 400), (b"", 400)):
            answer = await vendor.post("/v1/deliveries/batch", content=body, headers=BATCH)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), body
        plain_json = await vendor.post("/v1/deliveries/batch", json=[])
    assert plain_json.status_code == 415


async def test_a_thousand_events_need_as_many_statements_as_eleven(visits: Visits) -> None:
    await _post(visits, [event(n, event_id=f"warm-{n}", hour=6) for n in range(20)])
    counts = []
    for size, hour in ((11, 11), (1000, 17)):
        events = [
            event(n % 8, event_id=f"{size}-{n}", hour=hour, worker_ref=f"w-{n}", senior_id=str(SENIORS[n % 8]))
            for n in range(size)
        ]
        with visits.statements() as sent:
            results = await _post(visits, events)
        counts.append(len(sent))
        assert {r["outcome"] for r in results} == {"recorded"}
    assert counts[0] == counts[1] <= 14, counts


async def test_two_meals_for_one_senior_in_one_batch_flag_the_second(visits: Visits) -> None:
    first, second = await _post(visits, [event(0), event(1, senior_id=str(SENIORS[0]))])
    assert (first["status"], second["status"]) == ("verified", "flagged")
    assert [r["code"] for r in second["reasons"]] == ["same_meal_twice"]


async def test_two_meals_in_two_batches_flag_the_second_for_either_vendor(visits: Visits) -> None:
    await _post(visits, [event(0)])
    async with visits.vendor(VENDOR_B) as other:
        answer = await other.post("/v1/deliveries/batch", json=[event(0, VENDOR_B)], headers=BATCH)
    [result] = answer.json()["results"]
    assert [r["code"] for r in result["reasons"]] == ["same_meal_other_vendor"]


async def test_a_courier_in_two_places_at_once_is_flagged(visits: Visits) -> None:
    far = {"latitude": 32.60, "longitude": 119.9231, "datum": "GCJ02", "accuracy_m": 15}
    await _post(visits, [event(0, worker_ref="c-1")])
    [near, away] = await _post(visits, [event(1, worker_ref="c-1"), event(2, worker_ref="c-1", place=far)])
    assert (near["status"], away["status"]) == ("verified", "flagged"), "two doors of one building are one place"
    assert json.dumps(away["reasons"]).count("courier_in_two_places") == 1


async def test_an_item_that_is_no_json_is_refused_alone(visits: Visits) -> None:
    """Half an emoji, brackets without end, more values than a batch has, bytes that are no UTF-8."""
    half = json.dumps(event(1)).replace("pos-1", "\\ud83d").encode()
    deep = b'{"id": "deep", "x": ' + b"[" * 5000 + b"]" * 5000 + b"}"
    wide = b'{"id": "wide", "data": [' + b"0," * 150_000 + b"0]}"
    bytes_ = json.dumps(event(2)).replace("pos-1", "?").encode().replace(b"?", b"\xff")
    good = [json.dumps(event(n)).encode() for n in range(3, 8)]
    body = b"[" + b",".join([half, deep, *good, wide, bytes_]) + b"]"
    async with visits.vendor() as vendor:
        answer = await vendor.post("/v1/deliveries/batch", content=body, headers=BATCH)
        again = await vendor.post("/v1/deliveries/batch", content=body, headers=BATCH)
    results = answer.json()["results"]
    assert [r["outcome"] for r in results] == ["refused"] * 2 + ["recorded"] * 5 + ["refused"] * 2
    assert [r["event_id"] for r in results] == ["e-1", None, *[f"e-{n}" for n in range(3, 8)], "wide", None]
    assert [r["problem"]["status"] for r in results if "problem" in r] == [400, 400, 422, 400]
    assert again.content == answer.content

"""What was said of a delivery because of another one follows that other one, whoever decided and however they came."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.integration.visits.conftest import Visits
from tests.integration.visits.test_judgements import FIX, LEFT, ONE, A, _now, _post, _review
from tests.support.visits import BATCH, SENIORS, VENDOR_B, YESTERDAY, at, delisted, event, listed, plain, senior

BESIDE: dict[str, Any] = {"worker_ref": "another"}


async def _batch(visits: Visits, *events: dict[str, Any]) -> list[str]:
    async with visits.vendor(regions=("3212",)) as vendor:
        answer = await vendor.post("/v1/deliveries/batch", json=list(events), headers=BATCH)
    return [result["delivery_id"] for result in answer.json()["results"]]


async def test_a_refused_second_meal_is_looked_at_again_when_the_first_falls_away(visits: Visits) -> None:
    await _post(visits, VENDOR_B)
    second = await _post(visits)
    assert await _review(visits, second, "reject") == 200
    await visits.tell(listed(VENDOR_B, YESTERDAY))
    assert (await _now(visits, second))[0] == "flagged"
    await visits.tell(delisted(VENDOR_B, YESTERDAY))
    assert (await _now(visits, second))[0] == "rejected"


async def test_two_refused_meals_do_not_refuse_each_other(visits: Visits) -> None:
    first = await _post(visits, event_id="first", place=None)
    second = await _post(visits, event_id="second", **BESIDE)
    assert [await _review(visits, each, "reject") for each in (second, first)] == [200, 200]
    await visits.work()
    assert (await _now(visits, second))[0] == "flagged"


async def test_a_rejected_meal_is_not_told_that_it_is_double_when_it_no_longer_is(visits: Visits) -> None:
    await _post(visits, VENDOR_B)
    second = await _post(visits)
    await visits.tell(listed(A, YESTERDAY))
    assert await _now(visits, second) == ("rejected", ["vendor_listed", "same_meal_other_vendor"])
    await visits.tell(listed(VENDOR_B, YESTERDAY).model_copy(update={"decision_id": SENIORS[1]}))
    assert await _now(visits, second) == ("rejected", ["vendor_listed"])


async def test_a_meal_is_not_double_of_one_that_its_own_batch_moved(visits: Visits) -> None:
    moved = event(event_id="a", sequence=2, hour=7, **FIX)
    ids = await _batch(visits, event(event_id="a"), event(event_id="b", **BESIDE), moved)
    await visits.work()
    assert [await _now(visits, each) for each in ids[:2]] == [("verified", [])] * 2


@pytest.mark.parametrize("sequence", [1, 5])
async def test_deliveries_of_a_batch_keep_their_order(visits: Visits, sequence: int) -> None:
    first = event(event_id="first", sequence=sequence, place=None, **FIX)
    ids = await _batch(visits, first, event(event_id="second", **BESIDE))
    before = [await _now(visits, each) for each in ids]
    await visits.tell(senior(ONE, 2, status="deceased", died_on=LEFT))
    await visits.tell(senior(ONE, 3))
    assert [await _now(visits, each) for each in ids] == before
    assert await _review(visits, ids[0], "reject") == 200
    await visits.work()
    assert await _now(visits, ids[1]) == ("verified", [])


async def test_a_correction_of_one_that_was_found_good_is_no_correction_after_a_refusal(visits: Visits) -> None:
    await _post(visits, VENDOR_B)
    delivery = await _post(visits)
    await visits.tell(listed(VENDOR_B, YESTERDAY))
    assert await _now(visits, delivery) == ("verified", [])
    assert await _post(visits, sequence=2, meals=2, **FIX) == delivery
    await visits.tell(senior(ONE, 2, status="deceased", died_on=LEFT))
    await visits.tell(senior(ONE, 3))
    assert await _now(visits, delivery) == ("verified", [])


FAR = {"latitude": 32.76, "longitude": 119.9231, "datum": "GCJ02", "accuracy_m": 0}


@pytest.mark.parametrize("later", [timedelta(0), timedelta(milliseconds=300), timedelta(seconds=40)], ids=str)
@pytest.mark.parametrize("minute", [25, 59])
async def test_two_taps_of_one_courier_far_apart_are_seen_however_they_come(
    visits: Visits, later: timedelta, minute: int
) -> None:
    """In one batch and in two posts; in one hour and at its end."""
    moment = datetime.fromisoformat(at(11, minute)) + timedelta(seconds=59, milliseconds=900)

    def tap(number: int, when: datetime, **changes: Any) -> dict[str, Any]:
        times = dict.fromkeys(("started_at", "ended_at", "device_time"), when.isoformat())
        return {"worker_ref": f"c-{number // 4}"} | times | changes

    events = [event(n, **tap(n, moment + n % 2 * later, **({"place": FAR} if n % 2 else {}))) for n in (0, 1)]
    posts = [plain(n, **tap(n, moment + n % 2 * later, **({"place": FAR} if n % 2 else {}))) for n in (4, 5)]
    async with visits.vendor() as vendor:
        batch = (await vendor.post("/v1/deliveries/batch", json=events, headers=BATCH)).json()["results"]
        single = [(await vendor.post("/v1/deliveries", json=each)).json() for each in posts]
    for first, second in (batch, single):
        assert first["status"] == "verified"
        assert [reason["code"] for reason in second["reasons"]] == ["courier_in_two_places", "place_imprecise"]


@pytest.mark.parametrize("told", [0, -1, -1.0, -1e9, 1e12, None])
async def test_whatever_a_phone_says_of_its_precision_the_delivery_is_taken(visits: Visits, told: float | None) -> None:
    place = {"latitude": 32.4559, "longitude": 119.9231, "datum": "GCJ02", "accuracy_m": told}
    async with visits.vendor() as vendor:
        answer = await vendor.post("/v1/deliveries", json=plain(place=place))
        again = await vendor.post("/v1/deliveries", json=plain(place=place))
    assert (answer.status_code, again.content) == (201, answer.content)
    assert [reason["code"] for reason in answer.json()["reasons"]] == ["place_imprecise"]

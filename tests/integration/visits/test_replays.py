"""The same bytes of the same vendor get the same answer for ever, whatever has become of the senior, the token and the
day since."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from services.visits.deliveries import api
from shared import clock
from tests.integration.visits.conftest import Visits
from tests.support.visits import BATCH, SENIORS, VENDOR_A, VENDOR_B, YESTERDAY, event, organization, plain, senior

FIX: dict[str, Any] = {"correction_reason": "送错了人"}
ELSEWHERE = "321203001000"
WIDE = {"contract_id": VENDOR_A, "service": "meal", "region": "321200000000", "valid_from": "2020-01-01"}


async def moved(visits: Visits, _patch: pytest.MonkeyPatch) -> None:
    """The senior lives in a district that the token cannot see."""
    await visits.tell(senior(SENIORS[0], 2, region=ELSEWHERE), senior(SENIORS[1], 2, region="440106001000"))


async def left_long_ago(visits: Visits, _patch: pytest.MonkeyPatch) -> None:
    """By its household registers the senior has lived elsewhere for years."""
    home = {"region": ELSEWHERE, "valid_from": "2010-01-01"}
    await visits.tell(*(senior(each, 2, region=ELSEWHERE, residences=[home]) for each in SENIORS[:2]))


async def years_later(_visits: Visits, patch: pytest.MonkeyPatch) -> None:
    """So late that it would be refused as too old."""
    patch.setattr(api, "now", lambda: clock.now() + timedelta(days=3000))


async def clock_set_back(_visits: Visits, patch: pytest.MonkeyPatch) -> None:
    """Our clock was ahead: now the delivery lies in the future."""
    patch.setattr(api, "now", lambda: clock.now() - timedelta(days=30))


async def vendor_closed(visits: Visits, _patch: pytest.MonkeyPatch) -> None:
    """The vendor closed before that day and has no contract any more."""
    await visits.tell(organization(VENDOR_A, 2, status="closed", closed_on=YESTERDAY.replace(year=2020), contracts=()))


async def nothing(_visits: Visits, _patch: pytest.MonkeyPatch) -> None:
    """Only the token changes."""


Since = Callable[[Visits, pytest.MonkeyPatch], Awaitable[None]]


HERE = ("321202",)
CASES = [(each, HERE) for each in (moved, left_long_ago, years_later, clock_set_back, vendor_closed)]
TOKENS = [(nothing, regions) for regions in (("321203",), ("4401", "11"), ("",), ())]


@pytest.mark.parametrize(
    ("since", "regions"), [*CASES, *TOKENS, (moved, ("44",))], ids=lambda value: getattr(value, "__name__", str(value))
)
async def test_every_answer_is_given_again(
    visits: Visits, monkeypatch: pytest.MonkeyPatch, since: Since, regions: tuple[str, ...]
) -> None:
    """Of a first version, of a correction, of a late one and of those in a batch."""
    bodies = [plain(), plain(sequence=3, place=None, **FIX), plain(sequence=2, meals=2, **FIX)]
    whole = [event(1), event(2, place=None), event(1, sequence=2, senior_id=str(SENIORS[3]), **FIX)]
    async with visits.vendor() as vendor, visits.vendor(regions=regions) as later:
        first = [await vendor.post("/v1/deliveries", json=body) for body in bodies]
        batch = await vendor.post("/v1/deliveries/batch", json=whole, headers=BATCH)
        before = await visits.events()
        await since(visits, monkeypatch)
        again = [await later.post("/v1/deliveries", json=body) for body in bodies]
        batch_again = await later.post("/v1/deliveries/batch", json=whole, headers=BATCH)
        other = await later.post("/v1/deliveries", json=bodies[0] | {"meals": 9})
        [alone] = (await later.post("/v1/deliveries/batch", json=[event(0)], headers=BATCH)).json()["results"]
    assert [each.status_code for each in first] == [201, 201, 200]
    assert [(a.status_code, a.content) for a in again] == [(f.status_code, f.content) for f in first]
    assert {each.headers["anxiang-replayed"] for each in again} == {"1"}
    assert (batch_again.content, batch_again.headers["anxiang-replayed"]) == (batch.content, "3")
    assert {r["outcome"] for r in batch.json()["results"]} == {"recorded"}
    assert {key: value for key, value in alone.items() if key != "index"} == first[0].json()
    assert other.status_code == 409
    assert other.json()["type"].rpartition("/")[2] in {"sequence-conflict", "event-elsewhere"}
    said = [(kind, data["delivery_id"]) for kind, data in await visits.events()]
    assert said[: len(before)] == [(kind, data["delivery_id"]) for kind, data in before]
    assert len(await visits.rows("SELECT 1 FROM deliveries")) == 3, "nothing is counted twice"


async def test_a_version_of_another_district_is_known_beside_one_of_this(visits: Visits) -> None:
    """The first was for a senior elsewhere, the correction for one here, by a token that saw both."""
    await visits.tell(organization(VENDOR_A, 2, contracts=(WIDE,)))
    one, two = plain(8, event_id="e"), plain(0, event_id="e", sequence=2, **FIX)
    async with (
        visits.vendor(regions=("3212",)) as vendor,
        visits.vendor() as here,
        visits.vendor(regions=("321203",)) as there,
    ):
        first = [await vendor.post("/v1/deliveries", json=body) for body in (one, two)]
        for client in (here, there):
            again = [await client.post("/v1/deliveries", json=body) for body in (one, two)]
            assert [a.content for a in again] == [f.content for f in first]
        batch = [event(8, event_id="e"), event(1)]
        results = (await here.post("/v1/deliveries/batch", json=batch, headers=BATCH)).json()["results"]
        refused = await there.post("/v1/deliveries", json=plain(8, event_id="e", sequence=3, **FIX))
    assert [r["outcome"] for r in results] == ["recorded", "recorded"]
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "event-elsewhere")


async def test_of_a_senior_who_moved_nothing_new_is_recorded(visits: Visits) -> None:
    """A correction and an event that nobody knew are for whoever may see the senior."""
    async with visits.vendor() as vendor:
        await vendor.post("/v1/deliveries", json=plain())
        await visits.tell(senior(SENIORS[0], 2, region=ELSEWHERE))
        for body in (plain(sequence=2, **FIX), plain(event_id="new")):
            answer = await vendor.post("/v1/deliveries", json=body)
            assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (404, "senior-not-found")
    assert await visits.rows("SELECT 1 FROM delivery_versions") == []
    assert len(await visits.rows("SELECT 1 FROM delivery_keys")) == 1


async def test_the_same_event_id_of_another_vendor_is_not_its_own(visits: Visits) -> None:
    async with visits.vendor() as vendor, visits.vendor(VENDOR_B) as other:
        first = await vendor.post("/v1/deliveries", json=plain())
        await visits.tell(senior(SENIORS[0], 2, region=ELSEWHERE))
        assert (await other.post("/v1/deliveries", json=plain())).status_code == 403
        answer = await other.post("/v1/deliveries", json=plain(0, VENDOR_B, event_id="e-0"))
    assert (first.status_code, answer.status_code) == (201, 404)


async def test_what_was_never_taken_stays_refused_beside_what_was(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with visits.vendor() as vendor:
        await vendor.post("/v1/deliveries", json=plain())
        await years_later(visits, monkeypatch)
        results = await vendor.post("/v1/deliveries/batch", json=[event(0), event(1)], headers=BATCH)
    known, unknown = results.json()["results"]
    assert (known["outcome"], unknown["outcome"]) == ("recorded", "refused")
    assert unknown["problem"]["errors"][0]["code"] == "too_old"
    assert len(await visits.rows("SELECT 1 FROM delivery_keys")) == 1


async def test_a_late_version_of_a_day_in_another_district_harms_no_other(visits: Visits) -> None:
    """The senior lived elsewhere on the day of the late version; the token sees the senior as of today."""
    there = {"region": ELSEWHERE, "valid_from": "2010-01-01", "valid_to": str(YESTERDAY - timedelta(days=5))}
    here = {"region": "321202001000", "valid_from": str(YESTERDAY - timedelta(days=4))}
    await visits.tell(senior(SENIORS[0], 2, residences=[there, here]), organization(VENDOR_A, 2, contracts=(WIDE,)))
    late = event(0, sequence=2, day=YESTERDAY - timedelta(days=20), **FIX)
    async with visits.vendor() as vendor:
        await vendor.post("/v1/deliveries", json=plain(sequence=3, **FIX))
        batch = await vendor.post("/v1/deliveries/batch", json=[late, event(1)], headers=BATCH)
        again = await vendor.post("/v1/deliveries/batch", json=[late, event(1)], headers=BATCH)
    assert [r["outcome"] for r in batch.json()["results"]] == ["superseded", "recorded"]
    assert again.content == batch.content

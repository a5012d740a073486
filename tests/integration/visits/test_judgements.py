"""Judgements follow facts in both directions, whenever a fact is told."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from services.visits.judgements import service as judgements
from services.visits.verification.rules import READS
from shared.contracts.base import Event
from tests.integration.visits.conftest import Visits
from tests.support.visits import (
    BATCH,
    SENIORS,
    VENDOR_A,
    VENDOR_B,
    YESTERDAY,
    delisted,
    event,
    listed,
    organization,
    plain,
    senior,
    stay,
)

DAY = timedelta(days=1)
FIX: dict[str, Any] = {"correction_reason": "录错"}
HERE = {"region": "321202001000", "valid_from": date(2020, 1, 1)}
CONTRACT = {"contract_id": VENDOR_A, "service": "meal", "region": "321202000000", "valid_from": date(2020, 1, 1)}
LEFT = YESTERDAY - 2 * DAY

ONE, A = SENIORS[0], VENDOR_A
FACTS: dict[str, list[tuple[Event, Event]]] = {
    "senior_deceased": [
        (senior(ONE, 2, status="deceased", died_on=LEFT), senior(ONE, 3)),
        (senior(ONE, 2, status="deceased", died_on=LEFT), senior(ONE, 3, status="deceased", died_on=YESTERDAY)),
    ],
    "senior_moved_out": [
        (senior(ONE, 2, status="moved_out", residences=[HERE | {"valid_to": LEFT}]), senior(ONE, 3, residences=[HERE])),
        (
            senior(ONE, 2, status="moved_out", residences=[HERE | {"valid_to": LEFT}]),
            senior(ONE, 3, residences=[HERE | {"valid_to": LEFT}, HERE | {"valid_from": YESTERDAY}]),
        ),
    ],
    "senior_in_institution": [(stay(ONE, LEFT), stay(ONE, LEFT, YESTERDAY, 2))],
    "vendor_listed": [
        (listed(A, LEFT), delisted(A, LEFT)),
        (listed(A, LEFT, until=YESTERDAY), delisted(A, YESTERDAY)),
    ],
    "no_contract": [
        (organization(A, 2, contracts=[CONTRACT | {"valid_to": LEFT}]), organization(A, 3)),
        (organization(A, 2, contracts=[]), organization(A, 3, contracts=[CONTRACT | {"valid_from": YESTERDAY}])),
        (
            senior(ONE, 2, region="321203001000", residences=[HERE | {"region": "321203001000", "valid_from": LEFT}]),
            senior(ONE, 3, residences=[HERE]),
        ),
    ],
    "vendor_closed": [(organization(A, 2, status="closed", closed_on=LEFT), organization(A, 3))],
}
CASES = [(code, *facts) for code, pairs in FACTS.items() for facts in pairs]


def test_every_rule_about_registered_facts_has_its_case() -> None:
    assert {code for code, part in READS.items() if part in {"senior", "standing"}} == FACTS.keys()


async def _now(visits: Visits, delivery_id: str) -> tuple[str, list[str]]:
    async with visits.clerk(("3212",)) as clerk:
        found = (await clerk.get(f"/v1/deliveries/{delivery_id}")).json()
    return found["status"], [reason["code"] for reason in found["reasons"]]


async def _post(visits: Visits, vendor_id: Any = A, **record: Any) -> str:
    async with visits.vendor(vendor_id, ("3212",)) as vendor:
        answer = await vendor.post("/v1/deliveries", json=plain(vendor_id=vendor_id, **record))
    assert answer.status_code == 201, answer.text
    delivery_id: str = answer.json()["delivery_id"]
    return delivery_id


async def _review(visits: Visits, delivery_id: str, decision: str) -> int:
    async with visits.clerk(("3212",)) as clerk:
        body = {"decision": decision, "reason": "电话回访"}
        return (await clerk.post(f"/v1/deliveries/{delivery_id}/review", json=body)).status_code


@pytest.mark.parametrize(("code", "speaks", "falls_silent"), CASES)
async def test_a_fact_told_late_and_taken_back_changes_what_was_judged_and_changes_it_back(
    visits: Visits, code: str, speaks: Event, falls_silent: Event
) -> None:
    delivery = await _post(visits)
    await visits.tell(speaks)
    assert (await _now(visits, delivery))[1] == [code]
    assert await _post(visits, event_id="later", hour=17), "what comes now is judged the same"
    [later] = [r[0] for r in await visits.rows("SELECT reasons FROM deliveries WHERE event_id = 'later'")]
    assert later == [code]
    await visits.tell(falls_silent)
    assert await _now(visits, delivery) == ("verified", [])
    assert {r[0] for r in await visits.rows("SELECT status FROM deliveries")} == {"verified"}
    async with visits.vendor(regions=("3212",)) as vendor:
        found = (await vendor.get(f"/v1/deliveries/{delivery}")).json()
        again = await vendor.post("/v1/deliveries", json=plain())
    assert [d["reason"] for d in found["decisions"]] == [code, "facts_changed"]
    assert all(d["ground"].startswith(("registry.", "credit.")) for d in found["decisions"])
    assert (again.json()["status"], again.headers["anxiang-replayed"]) == ("verified", "1"), "the first answer stands"
    told = [(kind, data["sequence"]) for kind, data in await visits.events() if data["delivery_id"] == delivery]
    assert [kind for kind, _ in told] in (
        ["verified", "reversed", "verified"],
        ["verified", "reversed", "flagged", "verified"],
    )
    assert [number for _, number in told] == list(range(1, len(told) + 1))


async def test_a_death_corrected_to_a_later_day_gives_back_the_days_between(visits: Visits) -> None:
    days = [YESTERDAY - n * DAY for n in (8, 5, 1, 0)]
    ids = [await _post(visits, day=day, event_id=f"e-{day}") for day in days]
    await visits.tell(senior(ONE, 2, status="deceased", died_on=days[0]))
    late = await _post(visits, day=days[1], event_id="late", hour=17)
    assert [(await _now(visits, each))[0] for each in (*ids, late)] == ["verified", *["rejected"] * 4]
    await visits.tell(senior(ONE, 3, status="deceased", died_on=days[2]))
    assert [(await _now(visits, each))[0] for each in (*ids, late)] == [*["verified"] * 3, "rejected", "verified"]


async def test_a_meal_is_no_longer_double_when_the_other_falls_away_and_again_when_it_returns(visits: Visits) -> None:
    first = await _post(visits, VENDOR_B)
    second = await _post(visits)
    assert await _now(visits, second) == ("flagged", ["same_meal_other_vendor"])
    await visits.tell(listed(VENDOR_B, YESTERDAY))
    assert (await _now(visits, first))[0] == "rejected"
    assert await _now(visits, second) == ("verified", [])
    await visits.tell(delisted(VENDOR_B, YESTERDAY))
    assert (await _now(visits, first), await _now(visits, second)) == (
        ("verified", []),
        ("flagged", ["same_meal_other_vendor"]),
    )


async def test_a_courier_was_not_elsewhere_when_the_other_delivery_did_not_count(visits: Visits) -> None:
    far = {"latitude": 32.6, "longitude": 119.9, "datum": "GCJ02", "accuracy_m": 15}
    first = await _post(visits, number=1, worker_ref="c", place=far)
    second = await _post(visits, worker_ref="c")
    assert await _now(visits, second) == ("flagged", ["courier_in_two_places"])
    await visits.tell(senior(SENIORS[1], 2, status="deceased", died_on=LEFT))
    assert ((await _now(visits, first))[0], await _now(visits, second)) == ("rejected", ("verified", []))
    await visits.tell(senior(SENIORS[1], 3))
    assert (await _now(visits, second))[0] == "flagged"


@pytest.mark.parametrize("way", ["refused by a person", "corrected to another day"])
async def test_the_second_meal_counts_when_the_first_is_refused_or_corrected_away(visits: Visits, way: str) -> None:
    first = await _post(visits, event_id="first", place=None)
    second = await _post(visits, event_id="second", worker_ref="another")
    assert await _now(visits, second) == ("flagged", ["same_meal_twice"])
    if way == "refused by a person":
        assert await _review(visits, first, "reject") == 200
    else:
        await _post(visits, event_id="first", sequence=2, day=LEFT, **FIX)
    assert await visits.work() == 1
    assert await _now(visits, second) == ("verified", [])


async def test_a_correction_is_no_refused_one_any_more_when_the_refusal_was_wrong(visits: Visits) -> None:
    await visits.tell(senior(ONE, 2, status="deceased", died_on=LEFT))
    await _post(visits)
    delivery = await _post(visits, sequence=2, senior_id=str(SENIORS[1]), **FIX)
    assert await _now(visits, delivery) == ("flagged", ["corrected_after_refusal"])
    await visits.tell(senior(ONE, 3))
    assert await _now(visits, delivery) == ("verified", [])
    await visits.tell(senior(ONE, 4, status="deceased", died_on=LEFT))
    assert await _now(visits, delivery) == ("flagged", ["corrected_after_refusal"])


async def test_a_clearance_outlasts_its_own_reasons_and_no_others(visits: Visits) -> None:
    delivery = await _post(visits)
    await visits.tell(stay(ONE, LEFT))
    assert await _review(visits, delivery, "clear") == 200
    await visits.tell(stay(ONE, LEFT, YESTERDAY, 2))
    await visits.tell(stay(ONE, LEFT, None, 3))
    assert (await _now(visits, delivery))[0] == "verified", "a person has answered this"
    await visits.tell(senior(ONE, 2, status="deceased", died_on=LEFT))
    assert (await _now(visits, delivery))[0] == "rejected", "but not this"
    await visits.tell(senior(ONE, 3))
    assert (await _now(visits, delivery))[0] == "verified"


async def test_a_refusal_that_lost_its_ground_is_looked_at_again(visits: Visits) -> None:
    delivery = await _post(visits)
    await visits.tell(stay(ONE, LEFT))
    assert await _review(visits, delivery, "reject") == 200
    await visits.tell(stay(ONE, LEFT, YESTERDAY, 2))
    assert (await _now(visits, delivery))[0] == "flagged"
    assert await _review(visits, delivery, "clear") == 200
    assert (await _now(visits, delivery))[0] == "verified"
    kinds = [kind for kind, _ in await visits.events()]
    assert kinds == ["verified", "reversed", "flagged", "rejected", "flagged", "verified"]


async def test_a_fact_that_touches_many_is_followed_by_a_job(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judgements, "AT_ONCE", 3)
    monkeypatch.setattr("services.visits.jobs.AT_ONCE", 3)
    events = [event(n, event_id=f"m-{n}") for n in range(8)]
    async with visits.vendor(regions=("3212",)) as vendor:
        await vendor.post("/v1/deliveries/batch", json=events, headers=BATCH)
    await visits.tell(listed(A, LEFT))
    assert {row[0] for row in await visits.rows("SELECT status FROM deliveries")} == {"verified"}
    assert await visits.work() == 1
    assert {row[0] for row in await visits.rows("SELECT status FROM deliveries")} == {"rejected"}
    await visits.tell(delisted(A, LEFT))
    await visits.work()
    assert {row[0] for row in await visits.rows("SELECT status FROM deliveries")} == {"verified"}


@pytest.mark.parametrize(("code", "fact", "_back"), CASES)
async def test_a_fact_that_races_a_delivery_is_never_missed(
    visits: Visits, code: str, fact: Event, _back: Event
) -> None:
    for turn in range(3):
        record = plain(event_id=f"r-{turn}", day=YESTERDAY, hour=(7, 11, 17)[turn])
        async with visits.vendor(regions=("3212",)) as vendor:
            await asyncio.gather(vendor.post("/v1/deliveries", json=record), visits.tell(fact))
    rows = await visits.rows("SELECT delivery_id FROM deliveries")
    assert [(await _now(visits, str(row[0])))[1] for row in rows] == [[code]] * 3

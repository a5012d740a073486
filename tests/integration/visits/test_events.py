"""What the other services' events change here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.integration.visits.conftest import Visits
from tests.support.visits import (
    BATCH,
    SENIORS,
    VENDOR_A,
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


async def _codes(visits: Visits, number: int = 0, **changes: Any) -> tuple[str, list[str]]:
    async with visits.vendor() as vendor:
        receipt = (await vendor.post("/v1/deliveries", json=plain(number, **changes))).json()
    return receipt["status"], [reason["code"] for reason in receipt["reasons"]]


async def test_a_death_undoes_later_deliveries_and_not_those_of_its_day(visits: Visits) -> None:
    days = [YESTERDAY - 2 * DAY, YESTERDAY - DAY, YESTERDAY]
    events = [event(0, event_id=f"e-{day}", day=day) for day in days]
    events.append(event(0, event_id="unclear", hour=17, place=None))
    async with visits.vendor() as vendor:
        await vendor.post("/v1/deliveries/batch", json=events, headers=BATCH)
        await visits.tell(senior(SENIORS[0], 2, status="deceased", died_on=days[1]))
        items = {item["event_id"]: item for item in (await vendor.get("/v1/deliveries")).json()["items"]}
        undone = (await vendor.get(f"/v1/deliveries/{items[f'e-{YESTERDAY}']['delivery_id']}")).json()
    assert [items[f"e-{day}"]["status"] for day in days] == ["verified", "verified", "rejected"]
    assert items["unclear"]["status"] == "rejected"
    assert [(d["reason"], d["former_status"]) for d in undone["decisions"]] == [("senior_deceased", "verified")]
    kinds = [(kind, data.get("reason")) for kind, data in await visits.events()]
    assert kinds[4:] == [("reversed", "senior_deceased"), ("rejected", None)]


async def test_hearing_of_a_death_again_changes_nothing(visits: Visits) -> None:
    await _codes(visits)
    death = senior(SENIORS[0], 2, status="deceased", died_on=YESTERDAY - DAY)
    await visits.tell(death)
    await visits.tell(death, senior(SENIORS[0], 1))
    assert [kind for kind, _ in await visits.events()] == ["verified", "reversed"]
    assert await _codes(visits, event_id="next", hour=17) == ("rejected", ["senior_deceased"])


async def test_snapshots_heal_whatever_their_order(visits: Visits) -> None:
    three, two = senior(SENIORS[0], 3, status="moved_out"), senior(SENIORS[0], 2, status="active")
    await visits.tell(three, two)
    await visits.tell(two)
    assert await _codes(visits) == ("flagged", ["senior_moved_out"])


async def test_a_listing_undoes_deliveries_from_its_day_on(visits: Visits) -> None:
    await _codes(visits, 0, day=YESTERDAY - DAY)
    await _codes(visits, 1)
    await visits.tell(listed(VENDOR_A, YESTERDAY))
    assert await _codes(visits, 2) == ("rejected", ["vendor_listed"])
    assert await _codes(visits, 3, day=YESTERDAY - DAY) == ("verified", [])
    assert [kind for kind, _ in await visits.events()] == ["verified", "verified", "reversed", "rejected", "verified"]


async def test_a_listing_without_that_effect_undoes_nothing(visits: Visits) -> None:
    await _codes(visits)
    await visits.tell(listed(VENDOR_A, YESTERDAY, effects=("no_purchase",)))
    assert await _codes(visits, 1) == ("verified", [])


async def test_a_listing_of_a_person_undoes_no_vendors_deliveries_whatever_the_id(visits: Visits) -> None:
    await _codes(visits)
    await visits.tell(listed(VENDOR_A, YESTERDAY, subject_kind="person"))
    assert await _codes(visits, 1) == ("verified", [])
    assert [kind for kind, _ in await visits.events()] == ["verified", "verified"]


async def test_a_listing_and_its_end_heal_whatever_their_order(visits: Visits) -> None:
    await _codes(visits)
    await visits.tell(delisted(VENDOR_A, YESTERDAY))
    await visits.tell(listed(VENDOR_A, YESTERDAY - DAY))
    assert await _codes(visits, 1) == ("verified", [])
    assert await _codes(visits, 2, day=YESTERDAY - DAY) == ("rejected", ["vendor_listed"])
    assert [kind for kind, _ in await visits.events()] == ["verified", "verified", "rejected"]


async def test_contracts_count_by_region_and_day(visits: Visits) -> None:
    contract = {"contract_id": VENDOR_A, "service": "meal", "region": "321202000000", "valid_from": YESTERDAY}
    await visits.tell(organization(VENDOR_A, 2, contracts=(contract | {"valid_to": YESTERDAY},)))
    assert await _codes(visits, 0) == ("verified", [])
    assert await _codes(visits, 1, day=YESTERDAY - DAY) == ("rejected", ["no_contract"])
    await visits.tell(organization(VENDOR_A, 3, contracts=(contract | {"region": "321203000000"},)))
    assert await _codes(visits, 2) == ("rejected", ["no_contract"])


async def test_a_senior_inside_an_institution_is_looked_at(visits: Visits) -> None:
    await visits.tell(
        stay(SENIORS[0], YESTERDAY - DAY), stay(SENIORS[1], YESTERDAY), stay(SENIORS[2], YESTERDAY - 3 * DAY, YESTERDAY)
    )
    assert await _codes(visits, 0) == ("flagged", ["senior_in_institution"])
    assert await _codes(visits, 1) == ("verified", []), "the day of admission still has meals at home"
    assert await _codes(visits, 2) == ("verified", []), "and so has the day of leaving"


async def test_statements_add_up_by_vendor_and_status(visits: Visits) -> None:
    events = [event(0, meals=2), event(1), event(2, place=None)]
    async with visits.vendor() as vendor, visits.clerk() as clerk:
        await vendor.post("/v1/deliveries/batch", json=events, headers=BATCH)
        await visits.tell(senior(SENIORS[1], 2, status="deceased", died_on=YESTERDAY - DAY))
        [statement] = (await clerk.get("/v1/statements", params={"month": str(YESTERDAY)[:7]})).json()["items"]
        bad = await clerk.get("/v1/statements", params={"month": "2026-13"})
    assert statement["vendor_name"] == "示例助餐服务有限公司"
    assert [statement[status] for status in ("verified", "flagged", "rejected")] == [
        {"deliveries": 1, "meals": 2},
        {"deliveries": 1, "meals": 1},
        {"deliveries": 1, "meals": 1},
    ]
    assert bad.status_code == 422


async def test_a_review_is_kept_announced_and_audited(visits: Visits) -> None:
    async with visits.vendor() as vendor, visits.clerk() as clerk:
        delivery = (await vendor.post("/v1/deliveries", json=plain(place=None))).json()["delivery_id"]
        path = f"/v1/deliveries/{delivery}/review"
        cleared = await clerk.post(path, json={"decision": "clear", "reason": "电话回访,老人确认收到"})
        again = await clerk.post(path, json={"decision": "reject", "reason": "再看一次"})
    [decision] = cleared.json()["decisions"]
    assert (cleared.json()["status"], decision["decided_by"], decision["former_status"]) == (
        "verified",
        "clerk li",
        "flagged",
    )
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "not-flagged")
    assert [(kind, data["sequence"]) for kind, data in await visits.events()] == [("flagged", 1), ("verified", 2)]
    assert [row[0] for row in await visits.rows("SELECT action FROM audit_waiting WHERE purpose IS NOT NULL")] == [
        "delivery.clear"
    ]

"""Who sees and does what: vendors apart, districts apart, scopes."""

from __future__ import annotations

import asyncpg
import pytest

from shared.clock import today
from shared.database import Scope, driver
from shared.ids import new_id
from tests.integration.visits.conftest import Visits
from tests.support.visits import BATCH, SENIORS, VENDOR_A, VENDOR_B, YESTERDAY, event, organization, plain

MONTH = str(YESTERDAY)[:7]


async def test_a_vendor_neither_reads_nor_writes_anothers_deliveries(visits: Visits) -> None:
    async with visits.vendor() as vendor, visits.vendor(VENDOR_B) as other:
        delivery = (await vendor.post("/v1/deliveries", json=plain())).json()["delivery_id"]
        assert (await other.get(f"/v1/deliveries/{delivery}")).status_code == 404
        assert (await other.get("/v1/deliveries")).json()["items"] == []
        assert (await other.get(f"/v1/statements?month={MONTH}")).json()["items"] == []
        assert (await other.post("/v1/deliveries", json=plain())).status_code == 403
        [result] = (await other.post("/v1/deliveries/batch", json=[event(1)], headers=BATCH)).json()["results"]
        assert result["problem"]["type"].endswith("/other-vendor")
        own = await other.post("/v1/deliveries", json=plain(1, VENDOR_B, event_id="e-0"))
    assert own.status_code == 201, "event ids of different vendors do not meet"
    assert len(await visits.rows("SELECT 1 FROM deliveries")) == 2


async def test_a_district_sees_and_records_nothing_of_another(visits: Visits) -> None:
    await visits.tell(
        organization(
            VENDOR_A,
            2,
            contracts=(
                {"contract_id": VENDOR_A, "service": "meal", "region": "321200000000", "valid_from": "2020-01-01"},
            ),
        )
    )
    abroad = plain(8)
    async with visits.vendor() as here, visits.vendor(regions=("321203",)) as there, visits.clerk() as clerk:
        refused = await here.post("/v1/deliveries", json=abroad)
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (404, "senior-not-found")
        delivery = (await there.post("/v1/deliveries", json=abroad)).json()["delivery_id"]
        for client in (here, clerk):
            assert (await client.get(f"/v1/deliveries/{delivery}")).status_code == 404
            assert (await client.get("/v1/deliveries")).json()["items"] == []
            assert (await client.get(f"/v1/statements?month={MONTH}")).json()["items"] == []
        review = await clerk.post(f"/v1/deliveries/{delivery}/review", json={"decision": "reject", "reason": "x"})
        assert review.status_code == 404
        used = await here.post("/v1/deliveries", json=plain(0, event_id="e-8"))
    assert (used.status_code, used.json()["type"].rpartition("/")[2]) == (409, "event-elsewhere")


async def test_unknown_senior_and_unknown_vendor_are_refused_and_leave_nothing(visits: Visits) -> None:
    stranger = new_id()
    async with visits.vendor() as vendor, visits.vendor(stranger) as unknown:
        assert (await vendor.post("/v1/deliveries", json=plain(senior_id=str(new_id())))).status_code == 404
        answer = await unknown.post("/v1/deliveries", json=plain(0, stranger))
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (403, "vendor-unknown")
    assert await visits.rows("SELECT 1 FROM delivery_keys") == []


async def test_a_token_without_organisation_records_nothing(visits: Visits) -> None:
    async with visits.service.client("visits.deliveries:write") as clerk:
        assert (await clerk.post("/v1/deliveries", json=plain())).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/deliveries"),
        ("POST", "/v1/deliveries/batch"),
        ("GET", "/v1/deliveries"),
        ("GET", f"/v1/deliveries/{VENDOR_A}"),
        ("POST", f"/v1/deliveries/{VENDOR_A}/review"),
        ("GET", f"/v1/statements?month={MONTH}"),
        ("GET", "/v1/limits"),
    ],
)
async def test_every_route_asks_for_a_token_and_its_scope(visits: Visits, method: str, path: str) -> None:
    async with visits.service.anonymous() as nobody, visits.service.client("audit:read") as auditor:
        assert (await nobody.request(method, path)).status_code == 401
        assert (await auditor.request(method, path)).status_code == 403


async def test_vendors_do_not_review_their_own_deliveries(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        delivery = (await vendor.post("/v1/deliveries", json=plain(place=None))).json()["delivery_id"]
    scopes = ("visits.deliveries:review",)
    async with visits.service.client(*scopes, client="vendor-a", organization=VENDOR_A) as vendor:
        answer = await vendor.post(
            f"/v1/deliveries/{delivery}/review", json={"decision": "clear", "reason": "我说了算"}
        )
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (403, "own-delivery")


async def test_the_database_itself_keeps_scopes_apart(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        await vendor.post("/v1/deliveries", json=plain())
    for scope, expected in (
        (Scope(("321202",)), 1),
        (Scope(("321203",)), 0),
        (Scope(()), 0),
        (Scope(("3212",), VENDOR_B), 0),
        (Scope(("3212",), VENDOR_A), 1),
    ):
        async with visits.database.transaction(scope) as session:
            connection = await driver(session)
            seen = [
                await connection.fetchval(f"SELECT count(*) FROM {table}") for table in ("deliveries", "delivery_keys")
            ]
        assert seen[0] == expected, scope
        assert seen[1] == (0 if scope.organization == VENDOR_B or not scope.regions else 1)


async def test_history_and_decisions_can_be_added_to_but_not_changed(visits: Visits) -> None:
    for table in ("delivery_versions", "delivery_decisions"):
        for statement in (f"UPDATE {table} SET sequence = 9", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await visits.rows(statement)


async def test_a_month_lies_in_its_own_partition_and_no_other(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        await vendor.post("/v1/deliveries", json=plain())
    month = f"deliveries_{YESTERDAY:%Y_%m}"
    [row] = await visits.rows("SELECT tableoid::regclass::text, service_date FROM deliveries")
    assert (row[0].rpartition(".")[2], row[1]) == (month, YESTERDAY)
    assert row[1] < today()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await visits.rows(f"SELECT 1 FROM {month}")


async def test_pages_of_a_list_join_without_gap_or_overlap(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        await vendor.post("/v1/deliveries/batch", json=[event(n) for n in range(7)], headers=BATCH)
        seen, cursor = [], None
        while True:
            page = (
                await vendor.get("/v1/deliveries", params={"limit": 3} | ({"cursor": cursor} if cursor else {}))
            ).json()
            seen += [item["event_id"] for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        one = (
            await vendor.get(
                "/v1/deliveries", params={"senior_id": str(SENIORS[2]), "month": MONTH, "status": "verified"}
            )
        ).json()
        nonsense = await vendor.get("/v1/deliveries", params={"cursor": "WyJ4Il0"})
    assert sorted(seen) == [f"e-{n}" for n in range(7)]
    assert [item["event_id"] for item in one["items"]] == ["e-2"]
    assert nonsense.status_code == 422

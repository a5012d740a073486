"""One vendor and another: nobody reads, counts, writes or corrects what is not its own."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.demo import clients
from tests.e2e.support_district import Traces
from tests.e2e.support_system import System, eventually, pages, said


@pytest.fixture(scope="module")
def of_vendor_a(system: System, hailing: Traces) -> dict[str, Any]:
    """A delivery of vendor A for a senior whom both vendors may serve, as it was posted, with its receipt."""
    body = hailing.delivery(vendor_id=str(clients.load()["vendor-a"].organization))
    with system.demo("vendor-a") as vendor:
        sent = eventually(lambda: vendor.post("/visits/v1/deliveries", json=body), lambda a: a.status_code == 201)
        return {"body": body, "path": f"/visits/v1/deliveries/{sent.json()['delivery_id']}", **sent.json()}


def test_a_vendor_neither_reads_nor_lists_nor_counts_anothers_deliveries(
    system: System, of_vendor_a: dict[str, Any]
) -> None:
    vendor_a = str(clients.load()["vendor-a"].organization)
    with system.demo("vendor-a") as own, system.demo("vendor-b") as other:
        assert said(own.get(of_vendor_a["path"]))["vendor_id"] == vendor_a
        assert other.get(of_vendor_a["path"]).status_code == 404
        senior = of_vendor_a["body"]["senior_id"]
        assert said(own.get("/visits/v1/deliveries", params={"senior_id": senior}))["items"] != []
        assert said(other.get("/visits/v1/deliveries", params={"senior_id": senior}))["items"] == []
        assert vendor_a not in "".join(pages(other, "/visits/v1/deliveries", limit="200"))
        month = of_vendor_a["body"]["ended_at"][:7]
        assert vendor_a in "".join(pages(own, "/visits/v1/statements", month=month))
        assert vendor_a not in "".join(pages(other, "/visits/v1/statements", month=month))


def test_a_vendor_neither_posts_in_anothers_name_nor_corrects_what_is_anothers(
    system: System, of_vendor_a: dict[str, Any]
) -> None:
    body = of_vendor_a["body"]
    correction = body | {"sequence": 2, "meals": 2, "correction_reason": "冒名更正"}
    envelope = {"specversion": "1.0", "type": "cn.anxiang.meal-delivery.recorded.v1", "id": body["event_id"]}
    data = {name: value for name, value in correction.items() if name not in {"vendor_id", "event_id"}}
    event = envelope | {"source": f"urn:uuid:{body['vendor_id']}", "data": data}
    review = {"decision": "reject", "reason": "冒名复核"}
    with system.demo("vendor-a") as own, system.demo("vendor-b") as other:
        before = own.get(of_vendor_a["path"]).text
        for attempt in (body, correction, body | {"event_id": "new"}):
            answer = other.post("/visits/v1/deliveries", json=attempt)
            assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (403, "other-vendor")
        headers = {"content-type": "application/cloudevents-batch+json"}
        batch = said(other.post("/visits/v1/deliveries/batch", json=[event], headers=headers))
        assert [item["outcome"] for item in batch["results"]] == ["refused"]
        assert other.post(f"{of_vendor_a['path']}/review", json=review).status_code == 403
        assert own.get(of_vendor_a["path"]).text == before


def test_the_same_event_id_of_another_vendor_is_another_delivery(system: System, of_vendor_a: dict[str, Any]) -> None:
    body = of_vendor_a["body"] | {"vendor_id": str(clients.load()["vendor-b"].organization), "meals": 2}
    with system.demo("vendor-a") as own, system.demo("vendor-b") as other:
        before = own.get(of_vendor_a["path"]).text
        made = said(other.post("/visits/v1/deliveries", json=body), 201)
        assert made["delivery_id"] != of_vendor_a["delivery_id"]
        assert own.get(of_vendor_a["path"]).text == before

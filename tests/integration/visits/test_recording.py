"""Recording one delivery: what is kept, what is answered, what is announced."""

from __future__ import annotations

from tests.integration.visits.conftest import Visits
from tests.support.visits import VENDOR_A, plain


async def test_a_good_delivery_is_recorded_verified_and_announced(visits: Visits) -> None:
    async with visits.vendor() as vendor:
        answer = await vendor.post("/v1/deliveries", json=plain())
        assert answer.status_code == 201, answer.text
        receipt = answer.json()
        assert (receipt["outcome"], receipt["status"], receipt["reasons"]) == ("recorded", "verified", [])
        detail = (await vendor.get(f"/v1/deliveries/{receipt['delivery_id']}")).json()
    assert detail["vendor_id"] == str(VENDOR_A)
    assert detail["slot"] == "lunch"
    [(kind, data)] = await visits.events()
    assert (kind, data["delivery_id"], data["meals"], data["sequence"]) == ("verified", receipt["delivery_id"], 1, 1)

"""Credit records and leads on a real database."""

from datetime import timedelta
from typing import Any

import pytest

from shared.clock import today
from shared.contracts.subsidy import ApplicationDisputed, RecoveryOpened
from shared.contracts.visits import (
    MealDeliveryFlagged,
    MealDeliveryRejected,
    MealDeliveryReversed,
    MealDeliveryVerified,
)
from shared.ids import new_id
from tests.integration.credit.conftest import HERE, THERE, Credit, day, proposal, snapshot


def record(**more: Any) -> dict[str, Any]:
    body = {
        "subject": {"kind": "organization", "subject_id": str(HERE)},
        "kind": "penalty",
        "record_class": "minor",
        "facts": "未留存凭证。",
        "legal_basis": "《养老机构管理办法》",
        "document_no": "罚〔2026〕3号",
        "issuer": "区民政局",
        "issued_on": day(-10),
    }
    return body | more


def delivery(kind: type[Any], sequence: int = 1, **more: Any) -> Any:
    values = MealDeliveryFlagged.EXAMPLE | {"vendor_id": str(HERE), "sequence": sequence}
    if kind is MealDeliveryVerified:
        values = {name: value for name, value in values.items() if name != "reasons"}
    return kind.model_validate(values | more)


async def leads(credit: Credit, **params: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await credit.clerk().get("/v1/leads", params=params)).json()["items"]
    return items


async def test_a_record_gets_its_periods_from_its_class_and_document(credit: Credit) -> None:
    answer = await credit.clerk().post("/v1/records", json=record(record_class="serious"))
    body = answer.json()
    assert answer.status_code == 201
    assert (body["published"], body["subject_name"], body["status"]) == (True, "甲养老院", "in_force")
    assert int(body["ends_on"][:4]) - int(body["issued_on"][:4]) in {2, 3}
    assert (await credit.clerk().get(f"/v1/records/{body['record_id']}")).headers["etag"].startswith('"1-')


async def test_a_repaired_record_is_no_longer_shown_unless_asked_for(credit: Credit) -> None:
    made = (await credit.clerk().post("/v1/records", json=record())).json()
    repair = {"document_no": "修〔2026〕1号", "repaired_on": day(0), "commitment_no": "承〔2026〕1号"}
    path = f"/v1/records/{made['record_id']}/repair"
    other = credit.clerk(subject="clerk-2")
    answer = (await other.post(path, json=repair)).json()
    assert (answer["status"], answer["recorded_by"], answer["repaired_by"]) == ("repaired", "clerk", "clerk-2")
    assert (await other.post(path, json=repair)).status_code == 409
    assert (await credit.clerk().get("/v1/records")).json()["items"] == []
    assert len((await credit.clerk().get("/v1/records", params={"include_ended": True})).json()["items"]) == 1


async def test_a_serious_record_cannot_be_repaired_within_its_shortest_period(credit: Credit) -> None:
    made = (await credit.clerk().post("/v1/records", json=record(record_class="serious"))).json()
    repair = {"document_no": "修〔2026〕1号", "repaired_on": day(0), "commitment_no": "承〔2026〕1号"}
    answer = await credit.clerk(subject="clerk-2").post(f"/v1/records/{made['record_id']}/repair", json=repair)
    assert (answer.status_code, answer.json()["possible_from"]) == (409, made["repair_from"])


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"kind": "rumour"}, "/kind"),
        ({"issued_on": (today() + timedelta(days=1)).isoformat()}, "/issued_on"),
        ({"issued_on": "9999-12-31"}, "/issued_on"),
        ({"legal_basis": ""}, "/legal_basis"),
        ({"document_no": "a\x00b"}, "/document_no"),
        ({"score": 3}, "/score"),
        ({"subject": {"kind": "organization", "subject_id": str(THERE)}}, "/subject/subject_id"),
    ],
)
async def test_a_record_that_is_not_in_order_is_refused_at_the_right_place(
    credit: Credit, changes: dict[str, Any], pointer: str
) -> None:
    answer = await credit.clerk().post("/v1/records", json=record(**changes))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_records_are_seen_in_their_region_only(credit: Credit) -> None:
    made = (await credit.clerk().post("/v1/records", json=record())).json()
    assert (await credit.clerk("321203").get("/v1/records", params={"include_ended": True})).json()["items"] == []
    assert (await credit.clerk("321203").get(f"/v1/records/{made['record_id']}")).status_code == 404


async def test_doubtful_and_rejected_deliveries_become_leads_and_no_penalty(credit: Credit) -> None:
    other = str(new_id())
    await credit.hears(delivery(MealDeliveryFlagged), delivery(MealDeliveryFlagged, delivery_id=other))
    await credit.hears(delivery(MealDeliveryRejected, 2))
    found = await leads(credit)
    assert sorted(lead["kind"] for lead in found) == ["delivery_flagged", "delivery_rejected"]
    assert {lead["subject_id"] for lead in found} == {str(HERE)}
    assert (await credit.clerk().get("/v1/records")).json()["items"] == []
    assert await credit.said() == []


async def test_hearing_the_same_again_or_in_another_order_changes_nothing(credit: Credit) -> None:
    await credit.hears(delivery(MealDeliveryRejected, 2))
    once = await leads(credit)
    await credit.hears(delivery(MealDeliveryFlagged, 1), delivery(MealDeliveryFlagged, 1))
    await credit.hears(delivery(MealDeliveryRejected, 2))
    assert await leads(credit) == once


async def test_a_delivery_found_good_closes_its_lead(credit: Credit) -> None:
    await credit.hears(delivery(MealDeliveryFlagged, 1))
    await credit.hears(delivery(MealDeliveryVerified, 2))
    assert [lead["status"] for lead in await leads(credit)] == ["cleared"]


async def test_a_lead_is_closed_when_its_delivery_was_found_good_before_we_heard_of_the_doubt(credit: Credit) -> None:
    await credit.hears(delivery(MealDeliveryVerified, 2))
    assert await leads(credit) == []
    await credit.hears(delivery(MealDeliveryFlagged, 1))
    assert [lead["status"] for lead in await leads(credit)] == ["cleared"]


async def test_a_cleared_lead_opens_again_when_the_ground_comes_back(credit: Credit) -> None:
    gone = MealDeliveryReversed.EXAMPLE | {"vendor_id": str(HERE), "sequence": 3, "reason": "senior_deceased"}
    await credit.hears(delivery(MealDeliveryFlagged, 1))
    await credit.hears(delivery(MealDeliveryVerified, 2))
    await credit.hears(MealDeliveryReversed.model_validate(gone))
    [lead] = await leads(credit)
    assert (lead["status"], lead["kind"], lead["evidence"]["reasons"]) == (
        "open",
        "delivery_reversed",
        ["senior_deceased"],
    )
    await credit.hears(delivery(MealDeliveryVerified, 4))
    await credit.hears(delivery(MealDeliveryRejected, 5))
    assert [lead["status"] for lead in await leads(credit)] == ["open"]


async def test_what_a_vendor_corrects_is_no_lead_by_itself(credit: Credit) -> None:
    corrected = MealDeliveryReversed.EXAMPLE | {"vendor_id": str(HERE), "sequence": 2}
    await credit.hears(MealDeliveryReversed.model_validate(corrected))
    await credit.hears(delivery(MealDeliveryVerified, 3))
    assert await leads(credit) == []


async def test_a_dismissed_lead_opens_again_only_for_a_new_reason(credit: Credit) -> None:
    await credit.hears(delivery(MealDeliveryFlagged, 1))
    [lead] = await leads(credit)
    await credit.clerk().post(f"/v1/leads/{lead['lead_id']}/dismiss", json={"reason": "设备时间错误。"})
    await credit.hears(delivery(MealDeliveryVerified, 2))
    await credit.hears(delivery(MealDeliveryFlagged, 3))
    assert [lead["status"] for lead in await leads(credit)] == ["dismissed"]
    await credit.hears(delivery(MealDeliveryFlagged, 4, reasons=["senior_deceased"]))
    [lead] = await leads(credit)
    assert (lead["status"], lead["closed_reason"]) == ("open", None)


async def test_a_lead_in_a_case_tells_that_its_delivery_was_found_good(credit: Credit) -> None:
    await credit.hears(delivery(MealDeliveryRejected))
    [lead] = await leads(credit)
    await credit.clerk().post("/v1/lists", json=proposal(lead_ids=[lead["lead_id"]]))
    await credit.hears(delivery(MealDeliveryVerified, 2))
    [lead] = await leads(credit)
    assert (lead["status"], lead["found_good"]) == ("used", True)


async def test_a_recovery_is_a_lead_only_when_its_beneficiary_is_an_organisation(credit: Credit) -> None:
    late, senior = new_id(), new_id()
    for beneficiary in (HERE, late, senior):
        example = RecoveryOpened.EXAMPLE | {"recovery_id": str(new_id()), "beneficiary_id": str(beneficiary)}
        await credit.hears(RecoveryOpened.model_validate(example))
    assert {lead["subject_id"] for lead in await leads(credit)} == {str(HERE)}
    await credit.hears(snapshot(late, "321202000000"))
    assert {lead["subject_id"] for lead in await leads(credit)} == {str(HERE), str(late)}


async def test_a_disputed_application_is_one_lead_with_what_was_found_last(credit: Credit) -> None:
    first = ApplicationDisputed.model_validate(ApplicationDisputed.EXAMPLE | {"beneficiary_id": str(HERE)})
    later = first.model_copy(update={"sequence": 2, "columns": ("approved_beds", "mode")})
    await credit.hears(later)
    await credit.hears(first, later)
    [lead] = await leads(credit)
    assert (lead["kind"], lead["source"], lead["source_id"]) == (
        "application_disputed",
        "application",
        str(first.application_id),
    )
    assert lead["evidence"]["columns"] == ["approved_beds", "mode"]


async def test_a_lead_is_used_by_one_case_or_dismissed_with_a_reason(credit: Credit) -> None:
    await credit.hears(delivery(MealDeliveryRejected), delivery(MealDeliveryRejected, delivery_id=str(new_id())))
    first, second = [lead["lead_id"] for lead in await leads(credit)]
    made = await credit.clerk().post("/v1/lists", json=proposal(lead_ids=[first]))
    assert made.status_code == 201
    used = {lead["lead_id"]: lead for lead in await leads(credit)}[first]
    assert (used["status"], used["entry_id"]) == ("used", made.json()["entry_id"])
    dismiss = {"reason": "设备时间错误。"}
    assert (await credit.clerk().post(f"/v1/leads/{first}/dismiss", json=dismiss)).status_code == 409
    assert (await credit.clerk().post(f"/v1/leads/{second}/dismiss", json=dismiss)).json()["status"] == "dismissed"
    assert (await credit.clerk("321203").post(f"/v1/leads/{second}/dismiss", json=dismiss)).status_code == 404


async def test_a_lead_on_somebody_else_cannot_be_used(credit: Credit) -> None:
    await credit.hears(delivery(MealDeliveryRejected, vendor_id=str(THERE)))
    [lead] = await leads(credit)
    answer = await credit.clerk().post("/v1/lists", json=proposal(lead_ids=[lead["lead_id"]]))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/lead_ids")
    assert (await credit.clerk().get("/v1/lists")).json()["items"] == []


async def test_an_older_snapshot_of_an_organisation_changes_nothing(credit: Credit) -> None:
    await credit.hears(snapshot(HERE, "321202000000", version=3, name="新名"))
    await credit.hears(snapshot(HERE, "321203000000", version=2, name="旧名"))
    assert (await credit.clerk().post("/v1/records", json=record())).json()["subject_name"] == "新名"

"""Seniors, vendors and deliveries for tests of visits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.visits.deliveries.reading import Item, read_pieces, read_whole
from shared.clock import SHANGHAI, today
from shared.contracts.credit import SubjectDelisted, SubjectListed
from shared.contracts.registry import AdmissionSnapshot, OrganizationSnapshot, SeniorSnapshot

VENDOR_A = UUID("01980000-0000-7000-8000-00000000000a")
VENDOR_B = UUID("01980000-0000-7000-8000-00000000000b")
SENIORS = [UUID(f"01980000-0000-7000-9000-{number:012d}") for number in range(10)]
RECORDED = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
YESTERDAY = today() - timedelta(days=1)


def senior(senior_id: UUID, version: int = 1, **changes: Any) -> SeniorSnapshot:
    """A senior of the first district."""
    values: dict[str, Any] = {
        "region": "321202001000",
        "birth_date": date(1941, 3, 5),
        "sex": "female",
        "status": "active",
        "registered_on": date(2025, 1, 2),
        "residences": (),
        "has_bank_account": True,
        "recorded_at": RECORDED,
    }
    return SeniorSnapshot(senior_id=senior_id, version=version, **(values | changes))


def organization(organization_id: UUID, version: int = 1, **changes: Any) -> OrganizationSnapshot:
    """A vendor with a contract for the first district since 2020."""
    contract = {"contract_id": organization_id, "service": "meal", "region": "321202000000", "valid_from": "2020-01-01"}
    values: dict[str, Any] = {
        "region": "321200000000",
        "kind": "meal_vendor",
        "name": "示例助餐服务有限公司",
        "social_credit_code": "91321200MA00000000",
        "status": "active",
        "contracts": (contract,),
        "recorded_at": RECORDED,
    }
    return OrganizationSnapshot(organization_id=organization_id, version=version, **(values | changes))


def stay(senior_id: UUID, admitted_on: date, discharged_on: date | None = None, version: int = 1) -> AdmissionSnapshot:
    """A stay in an institution."""
    return AdmissionSnapshot(
        admission_id=senior_id,
        version=version,
        senior_id=senior_id,
        institution_id=VENDOR_B,
        region="321202000000",
        admitted_on=admitted_on,
        discharged_on=discharged_on,
        recorded_at=RECORDED,
    )


def listed(subject_id: UUID, listed_on: date, **changes: Any) -> SubjectListed:
    """A decision that ends subsidies."""
    values: dict[str, Any] = {
        "subject_kind": "organization",
        "list_kind": "joint_discipline",
        "region": "321202000000",
        "legal_basis": "民发〔2019〕103号",
        "document_no": "示例〔2026〕1号",
        "effects": ("no_subsidy",),
    }
    return SubjectListed(decision_id=SENIORS[0], subject_id=subject_id, listed_on=listed_on, **(values | changes))


def delisted(subject_id: UUID, delisted_on: date) -> SubjectDelisted:
    """The end of it."""
    return SubjectDelisted(decision_id=SENIORS[0], subject_id=subject_id, delisted_on=delisted_on, reason="repaired")


def at(hour: int, minute: int = 0, day: date = YESTERDAY) -> str:
    """A moment of a day, local time."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI).isoformat()


def data(number: int = 0, **changes: Any) -> dict[str, Any]:
    """A delivery's data without its identity: lunch for one senior, by a courier of its own."""
    begin = changes.pop("hour", 11)
    day = changes.pop("day", YESTERDAY)
    values: dict[str, Any] = {
        "sequence": 1,
        "senior_id": str(SENIORS[number % len(SENIORS)]),
        "service": "meal",
        "meals": 1,
        "started_at": at(begin, 10, day),
        "ended_at": at(begin, 25, day),
        "device_time": at(begin, 26, day),
        "place": {"latitude": 32.4559, "longitude": 119.9231, "datum": "GCJ-02", "accuracy_m": 15},
        "method": "card",
        "device_id": "pos-1",
        "worker_ref": f"c-{number}",
    }
    return {key: value for key, value in (values | changes).items() if value is not ...}


def plain(number: int = 0, vendor_id: UUID = VENDOR_A, event_id: str | None = None, **changes: Any) -> dict[str, Any]:
    """A delivery as plain JSON."""
    return {"event_id": event_id or f"e-{number}", "vendor_id": str(vendor_id), **data(number, **changes)}


def event(number: int = 0, vendor_id: UUID = VENDOR_A, event_id: str | None = None, **changes: Any) -> dict[str, Any]:
    """A delivery as a CloudEvent in its JSON form."""
    return {
        "specversion": "1.0",
        "type": "cn.anxiang.meal-delivery.recorded.v1",
        "source": f"urn:uuid:{vendor_id}",
        "id": event_id or f"e-{number}",
        "datacontenttype": "application/json",
        "data": data(number, **changes),
    }


BATCH = {"content-type": "application/cloudevents-batch+json"}


def read_batch(headers: dict[str, str], body: bytes) -> list[Item]:
    """A batch as the route reads it."""
    whole = read_whole(headers, body)
    return read_pieces(body) if whole is None else whole

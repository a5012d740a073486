"""A small town for tests: what other services would say of it, and a subsidy service that listens."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from services.subsidy.engine import POLICIES
from services.subsidy.handlers import HANDLERS
from services.subsidy.payments.preparation import prepare_batch
from services.subsidy.runs.calculation import calculate_run
from shared.contracts.base import Event, Received
from shared.contracts.credit import SubjectDelisted, SubjectListed
from shared.contracts.registry import AdmissionSnapshot, OrganizationSnapshot, SeniorSnapshot
from shared.contracts.visits import MealDeliveryReversed, MealDeliveryVerified
from shared.database import Database, Scope
from shared.http import ServiceClient
from shared.ids import new_id
from tests.support.services import RunningService

REGION, STREET = "321202000000", "321202001000"
SAMPLE: Path = POLICIES / "samples" / "321202"
RECORDED = datetime(2026, 10, 1, tzinfo=UTC)
SCOPES = (
    "subsidy.runs:read",
    "subsidy.runs:write",
    "subsidy.runs:approve",
    "subsidy.payments:read",
    "subsidy.payments:write",
    "subsidy.recoveries:read",
    "subsidy.recoveries:write",
    "subsidy.recoveries:decide",
    "subsidy.determinations:read",
    "subsidy.applications:read",
    "subsidy.applications:write",
    "subsidy.applications:decide",
    "subsidy.policies:read",
)


def senior(
    senior_id: UUID | None = None, *, born: date = date(1940, 3, 5), version: int = 1, region: str = STREET, **more: Any
) -> SeniorSnapshot:
    """An old person with a household in the town."""
    values: dict[str, Any] = {
        "senior_id": senior_id or new_id(),
        "version": version,
        "region": region,
        "birth_date": born,
        "sex": "female",
        "status": "deceased" if more.get("died_on") else "active",
        "registered_on": date(2026, 1, 5),
        "residences": [{"region": region, "valid_from": "1990-01-01"}],
        "has_bank_account": True,
        "recorded_at": RECORDED,
    }
    return SeniorSnapshot.model_validate(values | more)


def institution(
    organization_id: UUID | None = None, *, grade: int = 3, version: int = 1, **more: Any
) -> OrganizationSnapshot:
    """A graded private institution."""
    values: dict[str, Any] = {
        "organization_id": organization_id or new_id(),
        "version": version,
        "region": REGION,
        "kind": "institution",
        "name": "安和养老院",
        "social_credit_code": "52321200MJ00000000",
        "status": "active",
        "operation_modes": [{"mode": "private", "valid_from": "2020-01-01"}],
        "grades": [{"grade": grade, "valid_from": "2024-01-01"}],
        "recorded_at": RECORDED,
    }
    return OrganizationSnapshot.model_validate(values | more)


def admission(
    senior_id: UUID,
    institution_id: UUID,
    *,
    level: str = "disabled",
    admission_id: UUID | None = None,
    version: int = 1,
    **more: Any,
) -> AdmissionSnapshot:
    """A stay that began before the autumn."""
    values: dict[str, Any] = {
        "admission_id": admission_id or new_id(),
        "version": version,
        "senior_id": senior_id,
        "institution_id": institution_id,
        "region": REGION,
        "admitted_on": date(2026, 9, 1),
        "care_levels": [{"level": level, "valid_from": "2026-09-01"}],
        "recorded_at": RECORDED,
    }
    return AdmissionSnapshot.model_validate(values | more)


def meal(
    senior_id: UUID, vendor_id: UUID, day: date, *, delivery_id: UUID | None = None, sequence: int = 1, meals: int = 1
) -> MealDeliveryVerified:
    """A verified delivery."""
    return MealDeliveryVerified(
        delivery_id=delivery_id or new_id(),
        vendor_id=vendor_id,
        event_id=f"E-{uuid4()}",
        sequence=sequence,
        senior_id=senior_id,
        region=STREET,
        service_date=day,
        delivered_at=datetime(day.year, day.month, day.day, 4, tzinfo=UTC),
        meals=meals,
        evidence_grade="A",
    )


def reversal(of: MealDeliveryVerified, sequence: int = 2) -> MealDeliveryReversed:
    """The delivery did not count after all."""
    same = {name: getattr(of, name) for name in ("delivery_id", "vendor_id", "senior_id", "region", "service_date")}
    return MealDeliveryReversed(**same, sequence=sequence, reason="senior_was_away")


def listed(subject_id: UUID, on: date, decision_id: UUID | None = None) -> SubjectListed:
    """A discipline list decision."""
    return SubjectListed(
        decision_id=decision_id or new_id(),
        subject_id=subject_id,
        subject_kind="organization",
        list_kind="joint_discipline",
        region="321200000000",
        listed_on=on,
        legal_basis="民发〔2019〕103号",
        document_no="民信〔2026〕1号",
        effects=("no_subsidy",),
    )


def delisted(decision: SubjectListed, on: date) -> SubjectDelisted:
    """Its end."""
    return SubjectDelisted(
        decision_id=decision.decision_id, subject_id=decision.subject_id, delisted_on=on, reason="repaired"
    )


async def tell(database: Database, *events: Event) -> None:
    """Hand events to the service, in one batch per kind, as its consumer does."""
    by_type: dict[type[Event], list[Received[Any]]] = {}
    for event in events:
        by_type.setdefault(type(event), []).append(Received(uuid4(), RECORDED, event.key(), event, None))
    async with database.transaction(Scope.everywhere()) as session:
        for kind, received in by_type.items():
            await HANDLERS[kind](session, received)


class Town:
    """A running subsidy service, and the people who use it."""

    def __init__(self, running: RunningService) -> None:
        self.running, self.database = running, running.database
        self.clerk = running.client(*SCOPES, subject="clerk")
        self.second = running.client(*SCOPES, subject="second")
        self.accounts: dict[str, str] = {}
        self.without_account: set[str] = set()
        self.pending: set[str] = set()

    async def hear(self, *events: Event) -> None:
        """What other services say."""
        await tell(self.database, *events)

    async def ask(self, path: str, client: httpx.AsyncClient | None = None, **query: Any) -> Any:
        """GET; the answer must be 200."""
        answer = await (client or self.clerk).get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def do(self, path: str, body: Any = None, client: httpx.AsyncClient | None = None, status: int = 200) -> Any:
        """POST; the answer must have the status."""
        answer = await (client or self.clerk).post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def run(
        self, month: str, programmes: Sequence[str] | None = None, region: str = REGION, **more: Any
    ) -> dict[str, Any]:
        """Open a run and calculate it."""
        body = {"month": month, "region": region, **more} | ({"programmes": list(programmes)} if programmes else {})
        made = await self.do("/v1/runs", body, status=202)
        await calculate_run(self.running.kernel, {"run_id": made["id"]})
        detail: dict[str, Any] = await self.ask(f"/v1/runs/{made['id']}")
        assert detail["state"] == "calculated", detail
        return detail

    async def approved(self, month: str, programmes: Sequence[str] | None = None) -> dict[str, Any]:
        """A run that a second person approved."""
        run = await self.run(month, programmes)
        await self.do(f"/v1/runs/{run['id']}/submit")
        detail: dict[str, Any] = await self.do(f"/v1/runs/{run['id']}/approve", {}, self.second)
        return detail

    async def lines(self, run_id: str, **filters: Any) -> list[dict[str, Any]]:
        """All lines of a run."""
        page = await self.ask(f"/v1/runs/{run_id}/lines", limit=200, **filters)
        items: list[dict[str, Any]] = page["items"]
        return items

    async def batch(self, run_id: str, encoding: str = "utf-8") -> dict[str, Any]:
        """A prepared payment batch, with a registry that knows an account for everybody but ``without_account``."""
        made = await self.do(f"/v1/runs/{run_id}/payment-batches", {"encoding": encoding}, status=202)
        clients = ServiceClient(self.running.kernel.settings, httpx.MockTransport(self._registry))
        await prepare_batch(dataclasses.replace(self.running.kernel, clients=clients), {"batch_id": made["id"]})
        detail: dict[str, Any] = await self.ask(f"/v1/payment-batches/{made['id']}")
        return detail

    def _registry(self, request: httpx.Request) -> httpx.Response:
        if "token" in request.url.path:
            return httpx.Response(200, json={"access_token": "t", "expires_in": 600})
        asked = json.loads(request.content)["beneficiaries"]
        known = [one for one in asked if one["id"] not in self.without_account | self.pending]
        accounts = [
            {"beneficiary_id": one["id"], "beneficiary_kind": one["kind"], "holder": "王\U00020164"}
            | {"bank": "中国银行", "account": self.accounts.get(one["id"], "6222020000001234567")}
            for one in known
        ]
        missing = [one for one in asked if one["id"] in self.without_account]
        pending = [one for one in asked if one["id"] in self.pending]
        return httpx.Response(200, json={"accounts": accounts, "pending": pending, "missing": missing})

"""A running credit service with two organisations, and the steps of a case as short calls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from services.credit.handlers import HANDLERS
from shared.clock import now, today
from shared.contracts.base import Event, Received
from shared.contracts.registry import OrganizationSnapshot, SeniorSnapshot
from shared.database import Scope
from shared.ids import new_id
from tests.support.services import RunningService, ServiceFactory

HERE = UUID("01980000-0000-7000-8000-00000000000a")
THERE = UUID("01980000-0000-7000-8000-00000000000b")
PROPOSE = ("credit.lists:read", "credit.lists:propose", "credit.records:read", "credit.records:write")
DECIDE = ("credit.lists:read", "credit.lists:decide")


def day(offset: int) -> str:
    """A day before (negative) or after today, in Asia/Shanghai."""
    return (today() + timedelta(days=offset)).isoformat()


def snapshot(organization_id: UUID, region: str, version: int = 1, name: str = "示例机构") -> OrganizationSnapshot:
    """What the registry says of an organisation."""
    values = OrganizationSnapshot.EXAMPLE | {"contracts": []}
    own = {"organization_id": organization_id, "region": region, "version": version, "name": name}
    return OrganizationSnapshot.model_validate(values | own)


def person(person_id: UUID | str, region: str = "321202001000", version: int = 1) -> SeniorSnapshot:
    """What the registry says of a person."""
    own = {"senior_id": person_id, "region": region, "version": version}
    return SeniorSnapshot.model_validate(SeniorSnapshot.EXAMPLE | own)


@dataclass
class Credit:
    """The service under test."""

    service: RunningService
    proposer: str = "clerk"

    def clerk(self, region: str = "321202", subject: str = "") -> httpx.AsyncClient:
        """Somebody who proposes."""
        return self.service.client(*PROPOSE, regions=(region,), subject=subject or self.proposer)

    def chief(self, region: str = "321202", subject: str = "chief") -> httpx.AsyncClient:
        """Somebody who decides."""
        return self.service.client(*DECIDE, regions=(region,), subject=subject, client="approver")

    async def hears(self, *events: Event, at: datetime | None = None) -> None:
        """Events of one type as the consumer hands them over."""
        received = [Received(new_id(), at or now(), event.key(), event, None) for event in events]
        async with self.service.database.transaction(Scope.everywhere()) as session:
            await HANDLERS[type(events[0])](session, received)

    async def rows(self, query: str) -> Sequence[Any]:
        """Rows of the service's own tables."""
        async with self.service.database.transaction(Scope.everywhere()) as session:
            return (await session.execute(text(query))).all()

    async def said(self) -> list[tuple[str, dict[str, Any]]]:
        """The events in the outbox: last part of the type, and the data."""
        rows = await self.rows("SELECT type, data FROM outbox ORDER BY position")
        return [(row.type.split(".")[-2], json.loads(bytes(row.data))) for row in rows]

    async def proposed(self, subject: dict[str, Any] | None = None) -> str:
        """A case that was opened; its id."""
        answer = await self.clerk().post("/v1/lists", json=proposal(subject))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["entry_id"])

    async def heard(self, subject: dict[str, Any] | None = None) -> str:
        """A case in which the subject was heard."""
        entry = await self.proposed(subject)
        for step, body in (("notice", NOTICE()), ("statement", STATEMENT())):
            answer = await self.clerk().post(f"/v1/lists/{entry}/{step}", json=body)
            assert answer.status_code == 200, answer.text
        return entry

    async def sat(self, entry: str) -> None:
        """Two people of the panel say that they sat."""
        for member in ("chief", "deputy"):
            answer = await self.chief(subject=member).post(f"/v1/lists/{entry}/deliberate", json=SITTING())
            assert answer.status_code == 200, answer.text

    async def published(self) -> str:
        """A case that went all the way to publication."""
        entry = await self.heard()
        await self.sat(entry)
        answer = await self.chief().post(f"/v1/lists/{entry}/decide", json=DECISION())
        assert answer.status_code == 200, answer.text
        for step, body in (("serve", SERVICE()), ("publish", PUBLICATION())):
            answer = await self.clerk().post(f"/v1/lists/{entry}/{step}", json=body)
            assert answer.status_code == 200, answer.text
        return entry


def proposal(subject: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A proposal that is in order."""
    body = {
        "subject": subject or {"kind": "organization", "subject_id": str(HERE)},
        "list_kind": "joint_discipline",
        "legal_basis": "mca-2019-103",
        "ground": "subsidy_fraud",
        "document_no": "海民信立〔2026〕1号",
        "facts": "虚报送餐记录。",
    }
    return body | more


def NOTICE(**more: Any) -> dict[str, Any]:  # noqa: N802  # a body with a name
    return {"document_no": "告〔2026〕1号", "noticed_on": day(-10), "statement_until": day(-7)} | more


def STATEMENT(**more: Any) -> dict[str, Any]:  # noqa: N802
    return {"document_no": "陈〔2026〕1号", "received_on": day(-8), "summary": "承认事实。"} | more


def SITTING(**more: Any) -> dict[str, Any]:  # noqa: N802
    return {"document_no": "议〔2026〕1号", "held_on": day(-6), "opinion": "同意列入。"} | more


def DECISION(**more: Any) -> dict[str, Any]:  # noqa: N802
    body = {"document_no": "决〔2026〕1号", "decided_on": day(-6), "listed_on": day(-5), "reason": "事实清楚。"}
    return body | more


def SERVICE(**more: Any) -> dict[str, Any]:  # noqa: N802
    return {"document_no": "送〔2026〕1号", "served_on": day(-5), "method": "直接送达"} | more


def PUBLICATION(**more: Any) -> dict[str, Any]:  # noqa: N802
    return {"document_no": "示〔2026〕1号", "published_on": day(-4), "channels": ["信用中国"]} | more


def VERIFICATION(**more: Any) -> dict[str, Any]:  # noqa: N802
    body = {"document_no": "核〔2028〕1号", "applied_on": day(-2), "verified_on": day(-2), "verification": "已整改。"}
    return body | more


def REPAIR(**more: Any) -> dict[str, Any]:  # noqa: N802
    return {"document_no": "修〔2028〕1号", "repaired_on": day(-1), "commitment_no": "承〔2028〕1号"} | more


def RECONSIDERATION(**more: Any) -> dict[str, Any]:  # noqa: N802
    return {"document_no": "复〔2026〕1号", "reconsidered_on": day(0), "reason": "复议撤销。"} | more


def REVOCATION(**more: Any) -> dict[str, Any]:  # noqa: N802
    return {"document_no": "撤〔2026〕1号", "revoked_on": day(0)} | more


@pytest.fixture
async def credit(start_service: ServiceFactory) -> Credit:
    """The credit service with one organisation in each of two districts."""
    running = Credit(await start_service("credit", roles="api"))
    await running.hears(
        snapshot(HERE, "321202000000", name="甲养老院"), snapshot(THERE, "321203000000", name="乙养老院")
    )
    return running


def as_day(text_: str) -> date:
    """A date of an answer."""
    return date.fromisoformat(text_)

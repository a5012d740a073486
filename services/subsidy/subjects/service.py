"""Remember what other services say. Saying it again, or in another order, changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.subjects import repository
from shared.contracts.base import Received
from shared.contracts.credit import SubjectDelisted, SubjectListed
from shared.contracts.registry import AdmissionSnapshot, OrganizationSnapshot, SeniorSnapshot, WorkerKnown
from shared.contracts.visits import MealDelivery, MealDeliveryReversed

Meal = MealDelivery | MealDeliveryReversed
VERDICTS = {
    "MealDeliveryVerified": "verified",
    "MealDeliveryFlagged": "flagged",
    "MealDeliveryRejected": "rejected",
    "MealDeliveryReversed": "reversed",
}


async def remember_seniors(session: AsyncSession, events: Sequence[Received[SeniorSnapshot]]) -> None:
    """Snapshots of seniors 老年人."""
    await _keep(session, "seniors", "senior", [event.data.model_dump(mode="json") for event in events])


async def remember_organizations(session: AsyncSession, events: Sequence[Received[OrganizationSnapshot]]) -> None:
    """Snapshots of organisations 机构."""
    await _keep(session, "organizations", "organization", [event.data.model_dump(mode="json") for event in events])


async def remember_admissions(session: AsyncSession, events: Sequence[Received[AdmissionSnapshot]]) -> None:
    """Snapshots of stays 入住."""
    await _keep(session, "admissions", "admission", [event.data.model_dump(mode="json") for event in events])


async def remember_workers(session: AsyncSession, events: Sequence[Received[WorkerKnown]]) -> None:
    """Keys of workers that the registry made 从业人员标识."""
    await repository.intake(session)
    await repository.keep_facts(session, "worker_keys", [event.data.model_dump(mode="json") for event in events])


async def remember_meals(session: AsyncSession, events: Sequence[Received[Meal]]) -> None:
    """What verification said of deliveries 送餐核验; the highest sequence of a delivery holds."""
    await repository.intake(session)
    await repository.make_room(session, (event.data.service_date for event in events))
    await repository.keep_facts(session, "meal_facts", [_meal(event.data) for event in events])


async def remember_listings(session: AsyncSession, events: Sequence[Received[SubjectListed]]) -> None:
    """Subjects put on a list 列入名单."""
    await repository.intake(session)
    await repository.keep_facts(session, "listings", [event.data.model_dump(mode="json") for event in events])


async def remember_delistings(session: AsyncSession, events: Sequence[Received[SubjectDelisted]]) -> None:
    """Subjects taken off a list 移出名单; may come before the listing."""
    await repository.intake(session)
    await repository.keep_facts(session, "delistings", [event.data.model_dump(mode="json") for event in events])


async def _keep(session: AsyncSession, table: str, kind: str, rows: repository.Rows) -> None:
    await repository.intake(session)
    await repository.keep_snapshots(session, table, kind, rows)


def _meal(data: Meal) -> dict[str, Any]:
    row = data.model_dump(mode="json")
    reasons = row.get("reasons") or ([row["reason"]] if "reason" in row else [])
    return row | {"verdict": VERDICTS[type(data).__name__], "meals": row.get("meals", 0), "reasons": reasons}

"""From other services' facts to leads: evidence for a person to look at; nothing follows from it by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.credit.errors import IllegalStep
from services.credit.leads import repository
from services.credit.subjects import repository as subjects
from shared import audit
from shared.errors import NotFound
from shared.ids import new_id

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from services.credit.leads.models import Lead
    from shared.auth import Caller
    from shared.contracts.base import Received
    from shared.contracts.subsidy import ApplicationDisputed, RecoveryOpened
    from shared.contracts.visits import MealDeliveryFlagged, MealDeliveryRejected, MealDeliveryVerified


async def flagged(session: AsyncSession, events: Sequence[Received[MealDeliveryFlagged]]) -> None:
    """A delivery that a person has to look at."""
    await _deliveries(session, "delivery_flagged", (event.data for event in events))


async def rejected(session: AsyncSession, events: Sequence[Received[MealDeliveryRejected]]) -> None:
    """A delivery that does not count."""
    await _deliveries(session, "delivery_rejected", (event.data for event in events))


async def verified(session: AsyncSession, events: Sequence[Received[MealDeliveryVerified]]) -> None:
    """A delivery that was doubted and found good closes its lead."""
    sequences: dict[UUID, int] = {}
    for event in events:
        known = sequences.get(event.data.delivery_id, event.data.sequence)
        sequences[event.data.delivery_id] = max(known, event.data.sequence)
    await repository.clear(session, sequences)


async def recovery_opened(session: AsyncSession, events: Sequence[Received[RecoveryOpened]]) -> None:
    """Money to be given back. Nobody sees the lead before the beneficiary is known to be an organisation."""
    regions = await subjects.regions_of(session, [event.data.beneficiary_id for event in events])
    rows = {
        event.data.recovery_id: {
            **_new(event.data.beneficiary_id, "recovery", event.data.recovery_id, 1),
            "region": regions.get(event.data.beneficiary_id, repository.NOWHERE),
            "kind": "recovery_opened",
            "occurred_on": event.data.month.first,
            "evidence": event.data.model_dump(mode="json", include=RECOVERY_EVIDENCE),
        }
        for event in events
    }
    await repository.upsert(session, list(rows.values()))


async def application_disputed(session: AsyncSession, events: Sequence[Received[ApplicationDisputed]]) -> None:
    """An application that says something else than the register or a verified record."""
    rows: dict[UUID, dict[str, Any]] = {}
    for event in sorted(events, key=lambda event: event.data.sequence):
        told = event.data
        rows[told.application_id] = {
            **_new(told.beneficiary_id, "application", told.application_id, told.sequence),
            "region": told.region,
            "kind": "application_disputed",
            "occurred_on": told.month.first,
            "evidence": told.model_dump(mode="json", include={"programme", "month", "columns"}),
        }
    await repository.upsert(session, list(rows.values()))


RECOVERY_EVIDENCE = {"line_id", "programme", "month", "amount_fen", "reason"}
DELIVERY_EVIDENCE = {"event_id", "reasons", "evidence_grade", "meals", "delivered_at", "senior_id"}


async def _deliveries(
    session: AsyncSession, kind: str, deliveries: Iterable[MealDeliveryFlagged | MealDeliveryRejected]
) -> None:
    rows: dict[UUID, dict[str, Any]] = {}
    for delivery in deliveries:
        known = rows.get(delivery.delivery_id)
        if known is None or known["sequence"] < delivery.sequence:
            rows[delivery.delivery_id] = {
                **_new(delivery.vendor_id, "meal_delivery", delivery.delivery_id, delivery.sequence),
                "region": delivery.region,
                "kind": kind,
                "occurred_on": delivery.service_date,
                "evidence": delivery.model_dump(mode="json", include=DELIVERY_EVIDENCE),
            }
    await repository.upsert(session, list(rows.values()))


def _new(subject_id: UUID, source: str, source_id: UUID, sequence: int) -> dict[str, Any]:
    return {
        "lead_id": new_id(),
        "subject_id": subject_id,
        "source": source,
        "source_id": source_id,
        "sequence": sequence,
        "status": "open",
    }


async def dismiss(session: AsyncSession, caller: Caller, lead_id: UUID, reason: str) -> Lead:
    """Close a lead without a case. NotFound (404), IllegalStep (409) unless it is open."""
    lead = await repository.find(session, lead_id, for_update=True)
    if lead is None:
        raise NotFound
    if lead.status != "open":
        raise IllegalStep(f"The lead is {lead.status}.", f"该线索状态为 {lead.status}。")
    lead.status, lead.closed_by, lead.closed_reason = "dismissed", caller.subject, reason
    await audit.record(session, caller, "credit.lead.dismiss", str(lead_id), purpose=reason)
    await session.flush()
    return lead

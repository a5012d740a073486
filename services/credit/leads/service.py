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
    from shared.contracts.registry import OrganizationSnapshot
    from shared.contracts.subsidy import ApplicationDisputed, RecoveryOpened
    from shared.contracts.visits import (
        MealDelivery,
        MealDeliveryFlagged,
        MealDeliveryRejected,
        MealDeliveryReversed,
        MealDeliveryVerified,
    )

BY_VENDOR = "corrected_by_vendor"
FIRST, NO_DOUBT = 1, -1
"""Sequence of the first decision on a thing; of a doubt that nobody has told."""


async def subjects_changed(session: AsyncSession, events: Sequence[Received[OrganizationSnapshot]]) -> None:
    """Keep the newest snapshot of each organisation; leads on what it owes are where it is."""
    await repository.lock_places(session)
    await subjects.keep(session, [event.data for event in events])
    await repository.place(session, [event.data.organization_id for event in events])


async def flagged(session: AsyncSession, events: Sequence[Received[MealDeliveryFlagged]]) -> None:
    """A delivery that a person has to look at."""
    await _deliveries(session, "delivery_flagged", (event.data for event in events))


async def rejected(session: AsyncSession, events: Sequence[Received[MealDeliveryRejected]]) -> None:
    """A delivery that does not count."""
    await _deliveries(session, "delivery_rejected", (event.data for event in events))


async def reversed_(session: AsyncSession, events: Sequence[Received[MealDeliveryReversed]]) -> None:
    """A delivery that counted and turned out not to. What its vendor corrected is judged anew, and told with that."""
    doubted = [event.data for event in events if event.data.reason != BY_VENDOR]
    rows = [
        _new(data, "delivery_reversed")
        | {"evidence": {"reasons": list(data.reasons or [data.reason]), "senior_id": data.senior_id}}
        for data in doubted
    ]
    await repository.doubt(session, rows)


async def verified(session: AsyncSession, events: Sequence[Received[MealDeliveryVerified]]) -> None:
    """A delivery that was doubted and found good closes its lead, also one of which we have not heard yet: all but the
    first decision may have another before it."""
    rows = [
        _new(event.data, "") | {"good": event.data.sequence, "sequence": NO_DOUBT}
        for event in events
        if event.data.sequence > FIRST
    ]
    await repository.found_good(session, rows)


async def recovery_opened(session: AsyncSession, events: Sequence[Received[RecoveryOpened]]) -> None:
    """Money to be given back. Nobody sees the lead before the beneficiary is known to be an organisation."""
    await repository.lock_places(session)
    regions = await subjects.regions_of(session, [event.data.beneficiary_id for event in events])
    rows = [
        {
            "lead_id": new_id(),
            "subject_id": event.data.beneficiary_id,
            "source": "recovery",
            "source_id": event.data.recovery_id,
            "sequence": FIRST,
            "region": regions.get(event.data.beneficiary_id, repository.NOWHERE),
            "kind": "recovery_opened",
            "occurred_on": event.data.month.first,
            "evidence": event.data.model_dump(mode="json", include=RECOVERY_EVIDENCE),
        }
        for event in events
    ]
    await repository.doubt(session, rows)


async def application_disputed(session: AsyncSession, events: Sequence[Received[ApplicationDisputed]]) -> None:
    """An application that says something else than the register or a verified record."""
    rows = [
        {
            "lead_id": new_id(),
            "subject_id": event.data.beneficiary_id,
            "source": "application",
            "source_id": event.data.application_id,
            "sequence": event.data.sequence,
            "region": event.data.region,
            "kind": "application_disputed",
            "occurred_on": event.data.month.first,
            "evidence": event.data.model_dump(mode="json", include=DISPUTE_EVIDENCE)
            | {"reasons": sorted(event.data.columns)},
        }
        for event in events
    ]
    await repository.doubt(session, rows)


DISPUTE_EVIDENCE = {"programme", "month", "columns"}
RECOVERY_EVIDENCE = {"line_id", "programme", "month", "amount_fen", "reason"}
DELIVERY_EVIDENCE = {"event_id", "reasons", "evidence_grade", "meals", "delivered_at", "senior_id"}


async def _deliveries(
    session: AsyncSession, kind: str, deliveries: Iterable[MealDeliveryFlagged | MealDeliveryRejected]
) -> None:
    rows = [
        _new(delivery, kind) | {"evidence": delivery.model_dump(mode="json", include=DELIVERY_EVIDENCE)}
        for delivery in deliveries
    ]
    await repository.doubt(session, rows)


def _new(data: MealDelivery | MealDeliveryReversed, kind: str) -> dict[str, Any]:
    return {
        "lead_id": new_id(),
        "region": data.region,
        "subject_id": data.vendor_id,
        "source": "meal_delivery",
        "source_id": data.delivery_id,
        "sequence": data.sequence,
        "kind": kind,
        "occurred_on": data.service_date,
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

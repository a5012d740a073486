"""Use cases of listings: remember what the credit service decided."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.listings.repository import DELISTED, LISTED
from shared.contracts import Received
from shared.contracts.credit import SubjectDelisted, SubjectListed


async def remember_listed(session: AsyncSession, events: Sequence[Received[SubjectListed]]) -> None:
    """Keep decisions about organisations; persons are none of this read model's business."""
    rows = [
        {
            "decision_id": event.data.decision_id,
            "listed_told": event.told,
            "organization_id": event.data.subject_id,
            "list_kind": event.data.list_kind,
            "listed_on": event.data.listed_on,
            "until": event.data.until,
            "document_no": event.data.document_no,
        }
        for event in events
        if event.data.subject_kind == "organization"
    ]
    await LISTED.keep(session, rows)


async def remember_delisted(session: AsyncSession, events: Sequence[Received[SubjectDelisted]]) -> None:
    """Keep the day on which a decision ends, even before its listing has arrived."""
    rows = [
        {
            "decision_id": event.data.decision_id,
            "delisted_told": event.told,
            "organization_id": event.data.subject_id,
            "delisted_on": event.data.delisted_on,
        }
        for event in events
    ]
    await DELISTED.keep(session, rows)

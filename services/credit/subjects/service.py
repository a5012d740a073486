"""Who a record or an entry is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from services.credit.errors import OutsideRegion, UnknownSubject
from services.credit.leads import repository as leads
from services.credit.lists.domain import Subject
from services.credit.subjects import repository
from services.credit.subjects.schemas import OrganizationRef, PersonRef
from shared.errors import FieldError
from shared.masking import mask_name
from shared.regions import covers

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from shared.auth import Caller
    from shared.contracts.base import Received
    from shared.contracts.registry import OrganizationSnapshot


async def remember(session: AsyncSession, events: Sequence[Received[OrganizationSnapshot]]) -> None:
    """Keep the newest snapshot of each organisation; leads on what it owes are where it is."""
    await leads.lock_places(session)
    await repository.keep(session, [event.data for event in events])
    await leads.place(session, [event.data.organization_id for event in events])


async def resolve(session: AsyncSession, caller: Caller, ref: OrganizationRef | PersonRef) -> Subject:
    """The subject with its region. UnknownSubject (422), or OutsideRegion (403) for a person elsewhere."""
    if isinstance(ref, PersonRef):
        if not any(covers(prefix, ref.region) for prefix in caller.regions):
            raise OutsideRegion
        return Subject(ref.subject_id, "person", mask_name(ref.name), ref.region)
    known = await repository.find(session, ref.subject_id)
    if known is None:
        field = FieldError.of("/subject/subject_id", "unknown", "No such organisation here.", "辖区内没有该机构。")
        raise UnknownSubject(
            "The organisation is not in the registry, or not in your regions.", "未登记或不属于您的辖区。", [field]
        )
    return Subject(known.subject_id, "organization", known.name, known.region)

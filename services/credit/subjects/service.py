"""Who a record or an entry is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from services.credit.errors import OutsideRegion, UnknownRegion, UnknownSubject
from services.credit.subjects import repository
from services.credit.subjects.domain import Subject
from services.credit.subjects.schemas import OrganizationRef, PersonRef
from shared.errors import FieldError
from shared.jurisdiction import check_region
from shared.masking import mask_name
from shared.regions import covers, prefix_of

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from shared.auth import Caller
    from shared.contracts.base import Received
    from shared.contracts.registry import SeniorSnapshot


async def remember_persons(session: AsyncSession, events: Sequence[Received[SeniorSnapshot]]) -> None:
    """Keep where each person is registered; nothing else about persons is kept."""
    await repository.keep_persons(session, [event.data for event in events])


async def resolve(session: AsyncSession, caller: Caller, ref: OrganizationRef | PersonRef) -> Subject:
    """The subject, which the registry knows under its id and kind, in the caller's regions.

    UnknownSubject (422) otherwise; for a person also UnknownRegion (422) and OutsideRegion (403) for the region named.
    """
    if isinstance(ref, PersonRef):
        check_region(caller, ref.region, outside=OutsideRegion, unknown=UnknownRegion, pointer="/subject/region")
        person = await repository.person(session, ref.subject_id)
        if person is None or not covers(prefix_of(ref.region), person.region):
            raise _unknown("/subject/subject_id", "No such person there.", "该区划内没有该人员。")
        return Subject(ref.subject_id, "person", mask_name(ref.name), ref.region)
    known = await repository.find(session, ref.subject_id)
    if known is None:
        raise _unknown("/subject/subject_id", "No such organisation here.", "辖区内没有该机构。")
    return Subject(known.subject_id, "organization", known.name, known.region)


def _unknown(pointer: str, en: str, zh: str) -> UnknownSubject:
    return UnknownSubject(
        "It is not in the registry, not in your regions, or was registered only a moment ago.",
        "未登记、不属于您的辖区,或刚刚登记尚未同步。",
        [FieldError.of(pointer, "unknown", en, zh)],
    )

"""Use cases of credit records."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from services.credit.errors import NotInForce
from services.credit.lists.bases import catalogue
from services.credit.lists.domain import check_not_after, check_not_before, check_repair
from services.credit.lists.problems import answered
from services.credit.records import repository
from services.credit.records.domain import Status, dates_of, status_on
from services.credit.records.models import Record
from services.credit.subjects.service import resolve
from shared import audit
from shared.clock import today
from shared.errors import NotFound
from shared.etag import check_version
from shared.ids import new_id
from shared.workflow import check_second_person

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from services.credit.records.schemas import RecordIn, RecordRepair
    from shared.auth import Caller

STORED = {"kind", "record_class", "facts", "legal_basis", "document_no", "issuer", "issued_on"}


async def record(session: AsyncSession, caller: Caller, body: RecordIn) -> Record:
    """Write a record down. The rule in force today gives its periods, from the date of its document."""
    day = today()
    with answered():
        check_not_after("issued_on", body.issued_on, day)
    subject = await resolve(session, caller, body.subject)
    classes = catalogue().classes_on(day)
    dates = dates_of(classes.of(body.record_class) if classes else None, body.issued_on)
    row = Record(
        record_id=new_id(),
        region=subject.region,
        version=1,
        subject_id=subject.subject_id,
        subject_kind=subject.kind,
        subject_name=subject.name,
        published=dates.published,
        repair_from=dates.repair_from,
        ends_on=dates.ends_on,
        recorded_by=caller.subject,
        **body.model_dump(include=STORED),
    )
    session.add(row)
    detail = {"document_no": body.document_no, "record_class": body.record_class, "region": row.region}
    await audit.record(session, caller, "credit.record.write", str(row.record_id), detail=detail)
    await session.flush()
    await session.refresh(row, ["recorded_at"])
    return row


async def repair(
    session: AsyncSession, caller: Caller, record_id: UUID, if_match: str | None, body: RecordRepair
) -> Record:
    """From a day on the record affects nobody; it stays in the audit trail. Not by its author.

    TooEarly, NotInForce (409); SamePerson (403)."""
    row = await repository.find(session, record_id, for_update=True)
    if row is None:
        raise NotFound
    check_version(if_match, row.version)
    if status_on(today(), row.repaired_on, row.ends_on) is not Status.IN_FORCE:
        raise NotInForce
    with answered():
        check_second_person(caller.subject, [row.recorded_by])
        check_not_after("repaired_on", body.repaired_on, today())
        check_not_before("repaired_on", body.repaired_on, row.issued_on, "早于文书日期", "before the document")
        check_repair(row.repair_from, body.repaired_on)
    row.repaired_on, row.repair_no, row.commitment_no = body.repaired_on, body.document_no, body.commitment_no
    row.repaired_by = caller.subject
    row.version += 1
    detail = {"document_no": body.document_no, "region": row.region}
    await audit.record(session, caller, "credit.record.repair", str(record_id), detail=detail)
    await session.flush()
    return row

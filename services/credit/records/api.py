"""Routes on credit records."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.credit.errors import (
    NotInForce,
    OutsideRegion,
    SamePerson,
    TooEarly,
    UnknownRegion,
    UnknownSubject,
    WrongDates,
)
from services.credit.records import repository, service
from services.credit.records.models import Record
from services.credit.records.schemas import RecordIn, RecordOut, RecordRepair
from shared import api
from shared.answers import LOCATED
from shared.api import Session
from shared.auth import Caller, require
from shared.clock import today
from shared.errors import NotFound, PreconditionFailed, problems
from shared.etag import IfMatch, etag
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_id, encode_cursor

router = api.router("/v1/records", "records 信用记录")
CanRead = Annotated[Caller, require("credit.records:read")]
CanWrite = Annotated[Caller, require("credit.records:write")]
Ended = Annotated[bool, Query(description="Also repaired and ended ones 包括已修复和已届满的")]


def _shown(row: Record, response: Response) -> RecordOut:
    response.headers["etag"] = etag(row.version)
    return RecordOut.of(row, today())


@router.post(
    "",
    status_code=201,
    summary="Write a credit record 登记信用记录",
    responses=problems(UnknownSubject, OutsideRegion, UnknownRegion, WrongDates) | {201: LOCATED},
)
async def file_record(body: RecordIn, session: Session, response: Response, caller: CanWrite) -> RecordOut:
    """A fact that an official document has established; its class and the document's date give every period."""
    row = await service.record(session, caller, body)
    response.headers["location"] = f"/credit/v1/records/{row.record_id}"
    return _shown(row, response)


@router.get("", summary="List credit records 查询信用记录")
async def list_records(
    *,
    session: Session,
    _caller: CanRead,
    subject_id: UUID | None = None,
    include_ended: Ended = False,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[RecordOut]:
    """Those that count today, newest first; a repaired record is left out unless asked for."""
    day = today()
    found = await repository.page(
        session,
        subject_id=subject_id,
        in_force_on=None if include_ended else day,
        after=cursor_id(cursor),
        limit=limit,
    )
    items = [RecordOut.of(row, day) for row in found]
    return Page(items=items, next=encode_cursor(str(items[-1].record_id)) if len(items) == limit else None)


@router.get("/{record_id}", summary="Read a credit record 信用记录详情", responses=problems(NotFound))
async def read_record(record_id: UUID, session: Session, response: Response, _caller: CanRead) -> RecordOut:
    """One record."""
    row = await repository.find(session, record_id)
    if row is None:
        raise NotFound
    return _shown(row, response)


@router.post(
    "/{record_id}/repair",
    summary="Repair a credit record 修复信用记录",
    responses=problems(NotFound, NotInForce, TooEarly, PreconditionFailed, WrongDates, SamePerson),
)
async def repair_record(
    record_id: UUID,
    *,
    body: RecordRepair,
    session: Session,
    response: Response,
    caller: CanWrite,
    if_match: IfMatch = None,
) -> RecordOut:
    """After the shortest period of its class, with a public commitment, by another person than its author."""
    return _shown(await service.repair(session, caller, record_id, if_match, body), response)

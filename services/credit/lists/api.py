"""Routes on list entries."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.credit.errors import (
    AlreadyOpen,
    IllegalStep,
    NoLegalBasis,
    NoPanel,
    OutsideRegion,
    SamePerson,
    StatementPeriodRuns,
    TooEarly,
    UnknownRegion,
    UnknownSubject,
    WrongDates,
)
from services.credit.lists import aftermath, repository, service
from services.credit.lists.answers import EntryDetail, EntryOut
from services.credit.lists.domain import State
from services.credit.lists.models import ListEntry
from services.credit.lists.schemas import (
    Decision,
    Deliberation,
    Notice,
    Proposal,
    Publication,
    Reconsideration,
    Repair,
    Revocation,
    Service,
    Statement,
    Verification,
)
from shared import api
from shared.answers import LOCATED
from shared.api import Session
from shared.auth import Caller, require
from shared.dates import IsoDate
from shared.errors import NotFound, PreconditionFailed, problems
from shared.etag import IfMatch, etag
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_id, encode_cursor

router = api.router("/v1/lists", "lists 名单")
STEP = (NotFound, IllegalStep, PreconditionFailed, WrongDates)
CanRead = Annotated[Caller, require("credit.lists:read")]
CanPropose = Annotated[Caller, require("credit.lists:propose")]
CanDecide = Annotated[Caller, require("credit.lists:decide")]


async def _whole(session: Session, response: Response, entry: ListEntry) -> EntryDetail:
    response.headers["etag"] = etag(entry.version)
    return EntryDetail.whole(entry, await repository.steps(session, entry.entry_id))


@router.post(
    "",
    status_code=201,
    summary="Propose to list a subject 拟列入名单",
    responses=problems(NoLegalBasis, UnknownSubject, OutsideRegion, UnknownRegion, AlreadyOpen) | {201: LOCATED},
)
async def propose_listing(body: Proposal, session: Session, response: Response, caller: CanPropose) -> EntryDetail:
    """Opens a case: a subject, a legal basis that is in force, a ground it names, a document and the facts."""
    entry = await service.propose(session, caller, body)
    response.headers["location"] = f"/credit/v1/lists/{entry.entry_id}"
    return await _whole(session, response, entry)


@router.get("", summary="List entries in public form 查询名单")
async def list_listings(
    *,
    session: Session,
    _caller: CanRead,
    subject_id: UUID | None = None,
    state: Annotated[State | None, Query(description="Only in this state 状态")] = None,
    on: Annotated[IsoDate | None, Query(description="Only with effect on this day 当日有效")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[EntryOut]:
    """Newest first. A person's name is masked."""
    after = cursor_id(cursor)
    found = await repository.page(session, subject_id=subject_id, state=state, on=on, after=after, limit=limit)
    items = [EntryOut.of(entry) for entry in found]
    return Page(items=items, next=encode_cursor(str(items[-1].entry_id)) if len(items) == limit else None)


@router.get("/{entry_id}", summary="Read an entry with its steps 名单事项详情", responses=problems(NotFound))
async def read_listing(entry_id: UUID, session: Session, response: Response, _caller: CanRead) -> EntryDetail:
    """Every step with its person, date, document and deadline, and what the basis leaves open."""
    entry = await repository.find(session, entry_id)
    if entry is None:
        raise NotFound
    return await _whole(session, response, entry)


@router.post("/{entry_id}/notice", summary="Give notice to the subject 告知", responses=problems(*STEP))
async def give_notice(
    entry_id: UUID, *, body: Notice, session: Session, response: Response, caller: CanPropose, if_match: IfMatch = None
) -> EntryDetail:
    """Facts, reasons and rights were made known; the statement period begins."""
    return await _whole(session, response, await service.notice(session, caller, entry_id, if_match, body))


@router.post("/{entry_id}/statement", summary="Record the subject's statement 陈述申辩", responses=problems(*STEP))
async def file_statement(
    entry_id: UUID,
    *,
    body: Statement,
    session: Session,
    response: Response,
    caller: CanPropose,
    if_match: IfMatch = None,
) -> EntryDetail:
    """What was said, or that the right was waived."""
    return await _whole(session, response, await service.statement(session, caller, entry_id, if_match, body))


@router.post(
    "/{entry_id}/deliberate",
    summary="Sit on the panel 参加集体审议",
    responses=problems(*STEP, SamePerson, StatementPeriodRuns),
)
async def sit_on_panel(
    entry_id: UUID,
    *,
    body: Deliberation,
    session: Session,
    response: Response,
    caller: CanDecide,
    if_match: IfMatch = None,
) -> EntryDetail:
    """Each member says with a token of its own that it sat; two of one day at least, none of them the proposer."""
    return await _whole(session, response, await service.deliberate(session, caller, entry_id, if_match, body))


@router.post(
    "/{entry_id}/decide",
    summary="Decide, as a second person 作出决定",
    responses=problems(*STEP, SamePerson, StatementPeriodRuns, NoPanel, NoLegalBasis),
)
async def decide_listing(
    entry_id: UUID, *, body: Decision, session: Session, response: Response, caller: CanDecide, if_match: IfMatch = None
) -> EntryDetail:
    """Lists the subject from a day on, after a panel has sat, or not. The proposer may not decide."""
    return await _whole(session, response, await service.decide(session, caller, entry_id, if_match, body))


@router.post("/{entry_id}/serve", summary="Record that the decision was served 送达", responses=problems(*STEP))
async def serve_decision(
    entry_id: UUID, *, body: Service, session: Session, response: Response, caller: CanPropose, if_match: IfMatch = None
) -> EntryDetail:
    """Before publication the subject must have the decision."""
    return await _whole(session, response, await aftermath.serve(session, caller, entry_id, if_match, body))


@router.post("/{entry_id}/publish", summary="Record the publication 公示", responses=problems(*STEP))
async def publish_listing(
    entry_id: UUID,
    *,
    body: Publication,
    session: Session,
    response: Response,
    caller: CanPropose,
    if_match: IfMatch = None,
) -> EntryDetail:
    """Where and when it was published."""
    return await _whole(session, response, await aftermath.publish(session, caller, entry_id, if_match, body))


@router.post("/{entry_id}/verify", summary="Verify a rectification 核查整改情况", responses=problems(*STEP, TooEarly))
async def verify_rectification(
    entry_id: UUID,
    *,
    body: Verification,
    session: Session,
    response: Response,
    caller: CanPropose,
    if_match: IfMatch = None,
) -> EntryDetail:
    """After the shortest period. The listing goes on until another person decides on the repair."""
    return await _whole(session, response, await aftermath.verify(session, caller, entry_id, if_match, body))


@router.post("/{entry_id}/repair", summary="Lift a listing by repair 信用修复", responses=problems(*STEP, SamePerson))
async def repair_listing(
    entry_id: UUID, *, body: Repair, session: Session, response: Response, caller: CanDecide, if_match: IfMatch = None
) -> EntryDetail:
    """On what another person verified, and with a public commitment."""
    return await _whole(session, response, await aftermath.repair(session, caller, entry_id, if_match, body))


@router.post("/{entry_id}/reconsider", summary="Ask that a listing be revoked 提请撤销列入", responses=problems(*STEP))
async def reconsider_listing(
    entry_id: UUID,
    *,
    body: Reconsideration,
    session: Session,
    response: Response,
    caller: CanPropose,
    if_match: IfMatch = None,
) -> EntryDetail:
    """A listing that should not have been, or not as long; it goes on until another person revokes it."""
    return await _whole(session, response, await aftermath.reconsider(session, caller, entry_id, if_match, body))


@router.post("/{entry_id}/revoke", summary="Revoke a listing 撤销列入", responses=problems(*STEP, SamePerson))
async def revoke_listing(
    entry_id: UUID,
    *,
    body: Revocation,
    session: Session,
    response: Response,
    caller: CanDecide,
    if_match: IfMatch = None,
) -> EntryDetail:
    """As another person last asked for; by default the listing never had effect."""
    return await _whole(session, response, await aftermath.revoke(session, caller, entry_id, if_match, body))

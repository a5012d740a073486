"""Routes of changes 变更事项: of seniors, of organisations, and what becomes of them."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response, status

from services.registry import errors
from services.registry.changes import service
from services.registry.changes.domain import Action, State
from services.registry.changes.schemas import (
    ChangeOut,
    ChangeRevealed,
    ChangeRevealIn,
    OrganizationChangeIn,
    Remark,
    SeniorChangeIn,
    Why,
)
from services.registry.cursors import position
from services.registry.desk import Desk, desk_with
from services.registry.subjects.domain import SubjectKind
from shared.answers import LOCATED
from shared.api import bounded, router
from shared.errors import PreconditionFailed, PreconditionRequired, problems
from shared.etag import check_if_match, etag
from shared.guesses import TooManyGuesses
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page

changes = router("/v1/changes", "changes 变更事项")
of_seniors = router("/v1/seniors/{senior_id:uuid}/changes", "changes 变更事项")
of_organizations = router("/v1/organizations/{organization_id}/changes", "changes 变更事项")
Reader = Annotated[Desk, desk_with("registry.changes:read")]
Writer = Annotated[Desk, desk_with("registry.changes:write")]
Decider = Annotated[Desk, desk_with("registry.changes:decide")]
ASKING = (errors.ChangeOpen, errors.OutsideOrganization, PreconditionFailed, PreconditionRequired)
SETTLING = (errors.ChangeNotFound, errors.ChangeSettled, PreconditionFailed, PreconditionRequired)


@of_seniors.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Ask to change a senior's account or identity 申请变更老年人账户或身份",
    responses=problems(
        *(errors.SeniorNotFound, errors.SeniorKnown, errors.WrongIdentityNumber, errors.WrongDates, TooManyGuesses),
        *ASKING,
    )
    | {201: LOCATED},
)
@bounded(by_number=True)
async def request_senior_change(
    senior_id: UUID, body: SeniorChangeIn, desk: Writer, request: Request, response: Response
) -> ChangeOut:
    """Send `If-Match` with the file's ETag. A second person decides; until then nothing is paid to the senior."""
    check = partial(check_if_match, request)
    return _made(response, await service.request(desk, SubjectKind.SENIOR, senior_id, body, check))


@of_organizations.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Ask to change an organisation's account or name 申请变更机构账户或名称",
    responses=problems(errors.OrganizationNotFound, *ASKING) | {201: LOCATED},
)
async def request_organization_change(
    organization_id: UUID, body: OrganizationChangeIn, desk: Writer, request: Request, response: Response
) -> ChangeOut:
    """Send `If-Match` with the file's ETag. A second person decides; until then nothing is paid to the organisation."""
    check = partial(check_if_match, request)
    return _made(response, await service.request(desk, SubjectKind.ORGANIZATION, organization_id, body, check))


@changes.get("", summary="List changes 变更事项列表")
async def list_changes(
    *,
    desk: Reader,
    subject_id: Annotated[UUID | None, Query(description="Of this senior or organisation 对象")] = None,
    state: Annotated[State | None, Query(description="Only in this state 状态")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ChangeOut]:
    """Requests of the caller's regions, masked; the settled ones are the history."""
    return await service.page(desk, {"subject_id": subject_id, "state": state}, position(cursor), limit)


@changes.get("/{change_id}", summary="Read a change 变更事项详情", responses=problems(errors.ChangeNotFound))
async def read_change(change_id: UUID, desk: Reader, response: Response) -> ChangeOut:
    """One request, masked."""
    return _tagged(response, await service.read(desk, change_id))


@changes.post(
    "/{change_id}/approve",
    summary="Approve a change 批准变更",
    responses=problems(*SETTLING, errors.SecondPersonNeeded, errors.SeniorKnown, errors.WrongDates),
)
async def approve_change(
    *, change_id: UUID, desk: Decider, request: Request, response: Response, body: Remark | None = None
) -> ChangeOut:
    """As a second person. The new value is on file from now on, and the other services are told."""
    check, reason = partial(check_if_match, request), body.reason if body else None
    return _tagged(response, await service.decide(desk, change_id, Action.APPROVE, reason, check))


@changes.post(
    "/{change_id}/refuse",
    summary="Refuse a change 不予变更",
    responses=problems(*SETTLING, errors.SecondPersonNeeded),
)
async def refuse_change(change_id: UUID, body: Why, desk: Decider, request: Request, response: Response) -> ChangeOut:
    """As a second person, with the reason. The file stays as it is."""
    check = partial(check_if_match, request)
    return _tagged(response, await service.decide(desk, change_id, Action.REFUSE, body.reason, check))


@changes.post("/{change_id}/withdraw", summary="Withdraw a change 撤回变更", responses=problems(*SETTLING))
async def withdraw_change(change_id: UUID, body: Why, desk: Writer, request: Request, response: Response) -> ChangeOut:
    """The request was wrong. The file stays as it is."""
    check = partial(check_if_match, request)
    return _tagged(response, await service.decide(desk, change_id, Action.WITHDRAW, body.reason, check))


@changes.post("/{change_id}/reveal", summary="Reveal a change 查看变更内容", responses=problems(errors.ChangeNotFound))
async def reveal_change(change_id: UUID, body: ChangeRevealIn, desk: Decider, response: Response) -> ChangeRevealed:
    """Both values in clear, to compare with the document. Who and why go to the audit log."""
    response.headers["cache-control"] = "no-store"
    return await service.reveal(desk, change_id, body.purpose)


def _made(response: Response, answer: ChangeOut) -> ChangeOut:
    response.headers["location"] = f"/registry/v1/changes/{answer.change_id}"
    return _tagged(response, answer)


def _tagged(response: Response, answer: ChangeOut) -> ChangeOut:
    response.headers["etag"] = etag(answer.version)
    return answer

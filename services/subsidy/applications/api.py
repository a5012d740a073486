"""Routes of applications 申请 and of what they must say."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.subsidy import packs as packs_of
from services.subsidy.applications import repository, service
from services.subsidy.applications.domain import Action, ApplicationState
from services.subsidy.applications.models import Application
from services.subsidy.applications.schemas import (
    ApplicationIn,
    ApplicationOut,
    DisputeOut,
    EndIn,
    FormOut,
    Remark,
    Why,
)
from services.subsidy.errors import (
    ApplicationKnown,
    ApplicationNotFound,
    ApplicationUnfit,
    NoApplications,
    NoPolicy,
    SecondPersonNeeded,
    SubjectNotFound,
    WrongState,
)
from services.subsidy.inputs import disputes
from services.subsidy.schemas import Programme
from shared.answers import LOCATED
from shared.api import ImpersonalRoute, Kernel, Session, router
from shared.auth import Caller, require
from shared.clock import Month, MonthText
from shared.errors import PreconditionFailed, PreconditionRequired, problems
from shared.etag import check_if_match, etag
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_id, sliced
from shared.regions import Region

routes = router("/v1/applications", "applications 申请")
form_routes = router("/v1/application-forms", "applications 申请", ImpersonalRoute)
Reader = Annotated[Caller, require("subsidy.applications:read")]
Writer = Annotated[Caller, require("subsidy.applications:write")]
Decider = Annotated[Caller, require("subsidy.applications:decide")]
CHANGE = (ApplicationNotFound, WrongState, PreconditionFailed, PreconditionRequired)


@routes.post(
    "",
    summary="Apply for a programme 提交申请",
    status_code=201,
    responses=problems(SubjectNotFound, ApplicationKnown, ApplicationUnfit, NoApplications, NoPolicy) | {201: LOCATED},
)
async def submit_application(
    body: ApplicationIn, session: Session, kernel: Kernel, caller: Writer, response: Response
) -> ApplicationOut:
    """Enter what the programme asks for; `GET /v1/application-forms` says what that is. Another person decides.

    On paper or online makes no difference: a paper application names its scan.
    """
    made = await service.submit(session, packs_of.packs(kernel.settings), caller, body)
    response.headers["location"] = f"/subsidy/v1/applications/{made.id}"
    return _tagged(response, made)


@routes.get("", summary="List applications 申请列表")
async def list_applications(
    *,
    session: Session,
    caller: Reader,  # noqa: ARG001  # the scope
    programme: Annotated[Programme | None, Query()] = None,
    state: Annotated[ApplicationState | None, Query(description="Only in this state 状态")] = None,
    senior_id: Annotated[UUID | None, Query(description="Only of this senior 老年人")] = None,
    organization_id: Annotated[UUID | None, Query(description="Only of this organisation 机构")] = None,
    month: Annotated[MonthText | None, Query(description="Only those that cover this month 月份")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ApplicationOut]:
    """Applications of the caller's regions, the newest first."""
    filters = {"programme": programme, "state": state, "senior_id": senior_id, "organization_id": organization_id}
    covering = Month.parse(month).first if month else None
    found = await repository.page(session, cursor_id(cursor), limit + 1, covering, **filters)
    return sliced([ApplicationOut.model_validate(one) for one in found], limit)


@routes.get("/{application_id}", summary="Read an application 申请详情", responses=problems(ApplicationNotFound))
async def read_application(
    application_id: UUID,
    session: Session,
    response: Response,
    caller: Reader,  # noqa: ARG001
) -> ApplicationOut:
    """Its rows and documents, who entered it, who decided, and when it ended."""
    return _tagged(response, await service.find(session, application_id))


@routes.get(
    "/{application_id}/disputes",
    summary="What the register contradicts 存疑事项",
    responses=problems(ApplicationNotFound),
)
async def list_disputes(application_id: UUID, session: Session, caller: Reader) -> list[DisputeOut]:  # noqa: ARG001
    """Found when it was accepted, and by runs since. The disputed part is not paid; the newest first."""
    await service.find(session, application_id)
    return [DisputeOut.model_validate(one) for one in await disputes.of(session, application_id)]


@routes.post(
    "/{application_id}/accept",
    summary="Accept an application 审核通过",
    responses=problems(*CHANGE, SecondPersonNeeded),
)
async def accept_application(
    *,
    application_id: UUID,
    session: Session,
    kernel: Kernel,
    caller: Decider,
    request: Request,
    response: Response,
    body: Remark | None = None,
) -> ApplicationOut:
    """As a second person. From the next run on it is calculated and paid."""
    check = partial(check_if_match, request)
    reason = body.reason if body else None
    packs = packs_of.packs(kernel.settings)
    settled = await service.accept(session, packs, caller, application_id, reason=reason, check=check)
    return _tagged(response, settled)


@routes.post(
    "/{application_id}/refuse",
    summary="Refuse an application 审核不通过",
    responses=problems(*CHANGE, SecondPersonNeeded),
)
async def refuse_application(
    *, application_id: UUID, body: Why, session: Session, caller: Decider, request: Request, response: Response
) -> ApplicationOut:
    """As a second person, with the reason. A new application may be entered."""
    check = partial(check_if_match, request)
    settled = await service.settle(session, caller, application_id, Action.REFUSE, reason=body.reason, check=check)
    return _tagged(response, settled)


@routes.post(
    "/{application_id}/end", summary="End an application 停止享受", responses=problems(*CHANGE, ApplicationUnfit)
)
async def end_application(
    *, application_id: UUID, body: EndIn, session: Session, caller: Writer, request: Request, response: Response
) -> ApplicationOut:
    """From a month on it no longer counts. What was paid for later months is claimed back by the next run."""
    check = partial(check_if_match, request)
    return _tagged(response, await service.end(session, caller, application_id, body, check))


@routes.post("/{application_id}/withdraw", summary="Withdraw an application 撤回申请", responses=problems(*CHANGE))
async def withdraw_application(
    *, application_id: UUID, body: Why, session: Session, caller: Writer, request: Request, response: Response
) -> ApplicationOut:
    """It never counted. What was paid for it is claimed back by the next run, and it may be applied for again."""
    check = partial(check_if_match, request)
    return _tagged(response, await service.withdraw(session, caller, application_id, body.reason, check))


@form_routes.get("", summary="What applications must say 申请表")
async def list_application_forms(
    kernel: Kernel,
    caller: Reader,
    region: Annotated[Region, Query(description="Whose policy 适用地区")],
    programme: Annotated[Programme | None, Query()] = None,
) -> list[FormOut]:
    """Per programme that is applied for: whom to name, how many months and rows, and the columns of a row."""
    return service.forms(packs_of.packs(kernel.settings), caller, region, programme)


def _tagged(response: Response, one: Application) -> ApplicationOut:
    response.headers["etag"] = etag(one.version)
    return ApplicationOut.model_validate(one)

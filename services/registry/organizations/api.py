"""Routes of organisations 机构."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response, status

from services.registry import errors
from services.registry.cursors import position
from services.registry.desk import Desk, amending_desk_with, desk_with
from services.registry.organizations import service
from services.registry.organizations.domain import Kind
from services.registry.organizations.schemas import (
    ContractEndIn,
    ContractIn,
    GradeIn,
    ModeIn,
    OrganizationIn,
    OrganizationOut,
    OrganizationPatch,
)
from shared.api import router
from shared.errors import PreconditionFailed, PreconditionRequired, problems
from shared.etag import check_if_match, etag
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page
from shared.regions import Region

organizations = router("/v1/organizations", "organizations 机构")
Reader = Annotated[Desk, desk_with("registry.organizations:read")]
Writer = Annotated[Desk, desk_with("registry.organizations:write")]
Amender = Annotated[Desk, amending_desk_with("registry.organizations:write")]


@organizations.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Register an organisation 登记机构",
    responses=problems(
        errors.OutsideRegion, errors.UnknownRegion, errors.WrongSocialCreditCode, errors.OrganizationKnown
    ),
)
async def register_organization(body: OrganizationIn, desk: Writer, response: Response) -> OrganizationOut:
    """An institution with its modes, grades and beds, a meal vendor, a community centre or an assessing body."""
    return _tagged(response, await service.register(desk, body))


@organizations.get("", summary="List organisations 机构列表")
async def list_organizations(
    desk: Reader,
    region: Annotated[Region | None, Query(description="This region and all below 区划及其下级")] = None,
    kind: Annotated[Kind | None, Query(description="机构类别")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[OrganizationOut]:
    """Organisations of the caller's regions by region and id."""
    return await service.page(desk, region, kind, position(cursor), limit)


@organizations.get(
    "/{organization_id}",
    summary="Read an organisation's file 机构档案",
    responses=problems(errors.OrganizationNotFound),
)
async def read_organization(organization_id: UUID, desk: Reader, response: Response) -> OrganizationOut:
    """The file, and whether a discipline list names it today."""
    return _tagged(response, await service.read(desk, organization_id))


@organizations.patch(
    "/{organization_id}",
    summary="Amend an organisation's file 修改机构档案",
    responses=problems(
        errors.OrganizationNotFound,
        errors.WrongKind,
        errors.ChangeNeedsRequest,
        PreconditionFailed,
        PreconditionRequired,
    ),
)
async def amend_organization(
    organization_id: UUID, body: OrganizationPatch, desk: Writer, request: Request, response: Response
) -> OrganizationOut:
    """Status, profit or beds. Send `If-Match` with the ETag that you read. Name and account: see `…/changes`."""
    return _tagged(response, await service.amend(desk, organization_id, body, partial(check_if_match, request)))


@organizations.post(
    "/{organization_id}/operation-modes",
    status_code=status.HTTP_201_CREATED,
    summary="State a mode of operation 登记运营方式",
    responses=problems(errors.OrganizationNotFound, errors.WrongKind, errors.WrongDates, PreconditionFailed),
)
async def record_operation_mode(
    organization_id: UUID, body: ModeIn, desk: Amender, response: Response
) -> OrganizationOut:
    """Private, public-built privately-run or public, from a day on. It rules its days."""
    return _tagged(response, await service.record_mode(desk, organization_id, body))


@organizations.post(
    "/{organization_id}/grades",
    status_code=status.HTTP_201_CREATED,
    summary="State a grade 登记等级",
    responses=problems(errors.OrganizationNotFound, errors.WrongKind, PreconditionFailed),
)
async def record_grade(organization_id: UUID, body: GradeIn, desk: Amender, response: Response) -> OrganizationOut:
    """A grade of 1 to 5 with its validity. It rules its days."""
    return _tagged(response, await service.record_grade(desk, organization_id, body))


@organizations.post(
    "/{organization_id}/contracts",
    status_code=status.HTTP_201_CREATED,
    summary="Put a contract on file 登记合同",
    responses=problems(
        errors.OrganizationNotFound,
        errors.WrongKind,
        errors.OutsideRegion,
        errors.UnknownRegion,
        errors.ContractKnown,
        PreconditionFailed,
    ),
)
async def record_contract(
    organization_id: UUID, body: ContractIn, desk: Amender, response: Response
) -> OrganizationOut:
    """What the organisation may deliver, where and when. The caller covers its own region and the contract's."""
    return _tagged(response, await service.record_contract(desk, organization_id, body))


@organizations.post(
    "/{organization_id}/contracts/{contract_id}/end",
    summary="End a contract early 终止合同",
    responses=problems(
        errors.OrganizationNotFound,
        errors.ContractNotFound,
        errors.WrongDates,
        errors.OutsideRegion,
        errors.UnknownRegion,
        PreconditionFailed,
    ),
)
async def end_contract(
    organization_id: UUID, contract_id: UUID, body: ContractEndIn, desk: Amender, response: Response
) -> OrganizationOut:
    """The last day lies within the contract."""
    return _tagged(response, await service.end_contract(desk, organization_id, contract_id, body))


def _tagged(response: Response, answer: OrganizationOut) -> OrganizationOut:
    response.headers["etag"] = etag(answer.version)
    return answer

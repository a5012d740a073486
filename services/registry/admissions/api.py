"""Routes of admissions 入住."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status

from services.registry import errors
from services.registry.admissions import service
from services.registry.admissions.schemas import AdmissionIn, AdmissionOut, CareLevelIn, DischargeIn
from services.registry.cursors import position
from services.registry.desk import Desk, amending_desk_with, desk_with
from shared.api import router
from shared.errors import PreconditionFailed, problems
from shared.etag import etag
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page

admissions = router("/v1/admissions", "admissions 入住")
Reader = Annotated[Desk, desk_with("registry.admissions:read")]
Writer = Annotated[Desk, desk_with("registry.admissions:write")]
Amender = Annotated[Desk, amending_desk_with("registry.admissions:write")]


@admissions.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Admit a senior 办理入住",
    responses=problems(
        errors.OutsideOrganization,
        errors.SeniorNotFound,
        errors.OrganizationNotFound,
        errors.WrongKind,
        errors.WrongDates,
        errors.AlreadyAdmitted,
        errors.NotAdmissible,
    ),
)
async def admit_senior(body: AdmissionIn, desk: Writer, response: Response) -> AdmissionOut:
    """Begins a stay with its first care level. A senior has one open stay at a time, in all regions."""
    return _tagged(response, await service.admit(desk, body))


@admissions.get("", summary="List admissions 入住列表")
async def list_admissions(
    *,
    desk: Reader,
    senior_id: Annotated[UUID | None, Query(description="老年人")] = None,
    institution_id: Annotated[UUID | None, Query(description="养老机构")] = None,
    active: Annotated[bool | None, Query(description="Open stays only, or ended ones only 在住或已退住")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AdmissionOut]:
    """Stays in institutions of the caller's regions, by region and id."""
    filters = {"senior_id": senior_id, "institution_id": institution_id}
    return await service.page(desk, filters, active=active, after=position(cursor), limit=limit)


@admissions.get("/{admission_id}", summary="Read an admission 入住记录", responses=problems(errors.AdmissionNotFound))
async def read_admission(admission_id: UUID, desk: Reader, response: Response) -> AdmissionOut:
    """One stay with its care levels."""
    return _tagged(response, await service.read(desk, admission_id))


@admissions.post(
    "/{admission_id}/care-level",
    summary="Change the care level 变更护理等级",
    responses=problems(errors.AdmissionNotFound, errors.AlreadyDischarged, errors.WrongDates, PreconditionFailed),
)
async def change_care_level(admission_id: UUID, body: CareLevelIn, desk: Amender, response: Response) -> AdmissionOut:
    """Another level from a day within the stay on; later levels are superseded."""
    return _tagged(response, await service.change_care_level(desk, admission_id, body))


@admissions.post(
    "/{admission_id}/discharge",
    summary="Discharge a senior 办理退住",
    responses=problems(errors.AdmissionNotFound, errors.AlreadyDischarged, errors.WrongDates, PreconditionFailed),
)
async def discharge_senior(admission_id: UUID, body: DischargeIn, desk: Amender, response: Response) -> AdmissionOut:
    """Ends a stay with its last day."""
    return _tagged(response, await service.discharge(desk, admission_id, body))


def _tagged(response: Response, answer: AdmissionOut) -> AdmissionOut:
    response.headers["etag"] = etag(answer.version)
    return answer

"""Routes of seniors 老年人."""

from functools import partial
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import Query, Request, Response, status
from pydantic import ConfigDict, Field, model_validator

from services.registry import errors
from services.registry.cursors import position
from services.registry.desk import Desk, amending_desk_with, desk_with
from services.registry.schemas import Body, Day
from services.registry.seniors import life, service
from services.registry.seniors.names import SoughtName
from services.registry.seniors.schemas import (
    CircumstanceIn,
    Counts,
    DeathIn,
    DepartureIn,
    IdentityNumber,
    ResidenceIn,
    RevealIn,
    RevealOut,
    SeniorBrief,
    SeniorIn,
    SeniorOut,
    SeniorPatch,
    WithdrawalIn,
)
from shared.api import bounded, router
from shared.dates import IsoMoment
from shared.errors import PreconditionFailed, PreconditionRequired, problems
from shared.etag import check_if_match, etag
from shared.guesses import TooManyGuesses
from shared.numbers import Integer
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page
from shared.regions import Region

seniors = router("/v1/seniors", "seniors 老年人")
Reader = Annotated[Desk, desk_with("registry.seniors:read")]
Writer = Annotated[Desk, desk_with("registry.seniors:write")]
Amender = Annotated[Desk, amending_desk_with("registry.seniors:write")]
Revealer = Annotated[Desk, desk_with("registry.seniors:reveal")]
InRegion = Annotated[Region | None, Query(description="This region and all below 区划及其下级")]


class SearchIn(Body):
    """Look for somebody: by name (characters, pinyin or initials), or by the whole identity number."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "zhang jianguo"}]})

    name: SoughtName | None = None
    identity_number: IdentityNumber | None = None
    cursor: Annotated[str, Field(max_length=500)] | None = Field(default=None, description="上一页的 next")
    limit: Annotated[int, Integer(1, 200)] = DEFAULT_LIMIT

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.name is None) == (self.identity_number is None):
            raise ValueError("send name or identity_number 姓名与身份证号须且只须填一项")
        return self


@seniors.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Register a senior 登记老年人",
    responses=problems(
        *(
            errors.OutsideRegion,
            errors.UnknownRegion,
            errors.WrongIdentityNumber,
            errors.WrongDates,
            errors.SeniorKnown,
        ),
        TooManyGuesses,
    ),
)
@bounded(by_number=True)
async def register_senior(body: SeniorIn, desk: Writer, response: Response) -> SeniorOut:
    """Put a person on the register. The answer is masked. One identity number is registered once in all regions."""
    return _tagged(response, await service.register(desk, body))


@seniors.get("", summary="List seniors 老年人列表")
async def list_seniors(
    desk: Reader,
    region: InRegion = None,
    status: Annotated[Literal["active", "deceased", "moved_out"] | None, Query(description="档案状态")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[SeniorBrief]:
    """Seniors of the caller's regions by region and id, masked."""
    return await service.page(desk, region, status, position(cursor), limit)


@seniors.get("/counts", summary="Count seniors 老年人数")
@bounded(at_once=2)
async def count_seniors(desk: Reader, region: InRegion = None) -> Counts:
    """How many seniors of the caller's regions are on file, by status."""
    return await service.counts(desk, region)


@seniors.post(
    "/search",
    summary="Search seniors 检索老年人",
    responses=problems(errors.WrongIdentityNumber, errors.SearchTooLong, TooManyGuesses),
)
@bounded(at_once=2, by_number=True)
async def search_seniors(body: SearchIn, desk: Reader) -> Page[SeniorBrief]:
    """By name: characters, full pinyin in any reading, initials. By identity number: exact. Masked, own regions."""
    if body.identity_number is not None:
        return await service.search_identity(desk, body.identity_number)
    return await service.search_name(desk, body.name or "", position(body.cursor), body.limit)


@seniors.get("/{senior_id:uuid}", summary="Read a senior's file 老年人档案", responses=problems(errors.SeniorNotFound))
async def read_senior(
    senior_id: UUID,
    desk: Reader,
    response: Response,
    as_of: Annotated[Day | None, Query(description="Only what is true on this day 某日有效")] = None,
    known_at: Annotated[IsoMoment | None, Query(description="Only what was on record at this moment 某时已知")] = None,
) -> SeniorOut:
    """The file, masked. Without `as_of` all dated facts; `known_at` leaves out what was recorded or corrected later."""
    return _tagged(response, await service.read(desk, senior_id, as_of, known_at))


@seniors.patch(
    "/{senior_id:uuid}",
    summary="Amend a senior's file 修改档案",
    responses=problems(
        errors.SeniorNotFound,
        errors.ChangeNeedsRequest,
        PreconditionFailed,
        PreconditionRequired,
    ),
)
async def amend_senior(
    senior_id: UUID, body: SeniorPatch, desk: Writer, request: Request, response: Response
) -> SeniorOut:
    """Phone or address. Send `If-Match` with the ETag that you read. Name, number and account: see `…/changes`."""
    return _tagged(response, await service.amend(desk, senior_id, body, partial(check_if_match, request)))


@seniors.post(
    "/{senior_id:uuid}/circumstances",
    status_code=status.HTTP_201_CREATED,
    summary="State a circumstance 登记情况",
    responses=problems(errors.SeniorNotFound, errors.WrongDates, PreconditionFailed),
)
async def record_circumstance(senior_id: UUID, body: CircumstanceIn, desk: Amender, response: Response) -> SeniorOut:
    """A dated fact. It rules its days: earlier statements of its kind lose them, and stay on file as superseded."""
    return _tagged(response, await life.record_circumstance(desk, senior_id, body))


@seniors.post(
    "/{senior_id:uuid}/circumstances/{fact_id}/withdrawal",
    summary="Withdraw a circumstance 撤销情况",
    responses=problems(errors.SeniorNotFound, errors.FactNotFound, PreconditionFailed),
)
async def withdraw_circumstance(
    senior_id: UUID, fact_id: UUID, body: WithdrawalIn, desk: Amender, response: Response
) -> SeniorOut:
    """Take back what was recorded in error; it stays visible with an earlier `known_at`."""
    return _tagged(response, await life.withdraw_fact(desk, senior_id, fact_id, body))


@seniors.post(
    "/{senior_id:uuid}/residences",
    status_code=status.HTTP_201_CREATED,
    summary="Move the household register 户籍迁移",
    responses=problems(
        errors.SeniorNotFound, errors.WrongDates, errors.OutsideRegion, errors.UnknownRegion, PreconditionFailed
    ),
)
async def record_residence(senior_id: UUID, body: ResidenceIn, desk: Amender, response: Response) -> SeniorOut:
    """From a day on the household register is in another region; both regions must be the caller's."""
    return _tagged(response, await life.record_residence(desk, senior_id, body))


@seniors.post(
    "/{senior_id:uuid}/departure",
    summary="Record a move away 登记迁出",
    responses=problems(errors.SeniorNotFound, errors.WrongDates, PreconditionFailed),
)
async def record_departure(senior_id: UUID, body: DepartureIn, desk: Amender, response: Response) -> SeniorOut:
    """The household register leaves the territory after a last day."""
    return _tagged(response, await life.record_departure(desk, senior_id, body))


@seniors.post(
    "/{senior_id:uuid}/death",
    status_code=status.HTTP_201_CREATED,
    summary="Record a death 登记死亡",
    responses=problems(errors.SeniorNotFound, errors.WrongDates, PreconditionFailed),
)
async def record_death(senior_id: UUID, body: DeathIn, desk: Amender, response: Response) -> SeniorOut:
    """A death with its day and the day it was reported. A second report corrects the first."""
    return _tagged(response, await life.record_death(desk, senior_id, body))


@seniors.post(
    "/{senior_id:uuid}/death/withdrawal",
    summary="Withdraw a death 撤销死亡登记",
    responses=problems(errors.SeniorNotFound, errors.NotDeceased, PreconditionFailed),
)
async def withdraw_death(senior_id: UUID, body: WithdrawalIn, desk: Amender, response: Response) -> SeniorOut:
    """The person lives: the record was wrong."""
    return _tagged(response, await life.withdraw_death(desk, senior_id, body))


@seniors.post(
    "/{senior_id:uuid}/reveal", summary="Reveal hidden fields 查看完整信息", responses=problems(errors.SeniorNotFound)
)
async def reveal_senior(senior_id: UUID, body: RevealIn, desk: Revealer, response: Response) -> RevealOut:
    """Shows the fields asked for in clear. Who, what and why go to the audit log."""
    response.headers["cache-control"] = "no-store"
    return await life.reveal(desk, senior_id, body)


def _tagged(response: Response, answer: SeniorOut) -> SeniorOut:
    response.headers["etag"] = etag(answer.version)
    return answer

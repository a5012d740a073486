"""Use cases of applications: enter one, decide on it as a second person, end it, withdraw it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.applications import checking, levels, repository, rows
from services.subsidy.applications.domain import (
    Action,
    ApplicationState,
    MonthError,
    check_end,
    decide,
    move,
    subject_of,
)
from services.subsidy.applications.models import Application
from services.subsidy.applications.schemas import ApplicationIn, EndIn, FormOut
from services.subsidy.engine import Pack, Packs, UnknownRegion
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
from services.subsidy.inputs import facts as facts_sql
from services.subsidy.inputs.domain import APPLICATION
from services.subsidy.subjects.repository import intake, region_of
from shared import audit
from shared.auth import Caller
from shared.clock import Month
from shared.errors import FieldError
from shared.ids import new_id
from shared.jurisdiction import is_covered
from shared.regions import RegionTable
from shared.workflow import MoveRefusedError, SamePersonError

VersionCheck = Callable[[int], None]
"""Raises when the caller has not read this version."""


async def submit(session: AsyncSession, packs: Packs, caller: Caller, given: ApplicationIn) -> Application:
    """Enter an application for a senior or an organisation of the caller's regions.

    ApplicationUnfit (422) names everything that is wrong with it; ApplicationKnown (409) when another one stands.
    """
    region = await _region(session, given)
    pack = _pack(packs, region, given.programme)
    law = pack.programmes[given.programme]
    checking.check(pack, given)
    if given.organization_id:
        wrong = checking.wrong_kind(law, await repository.organization_kind(session, given.organization_id))
        if wrong:
            raise wrong
    if given.worker_key and not await repository.worker_known(session, given.worker_key):
        raise checking.unknown_worker()
    subject = subject_of(given.senior_id, given.organization_id, given.worker_key)
    await repository.lock_subject(session, law.code, subject)
    application = await _row(session, pack, caller, given, region)
    if await repository.rival(session, application, subject, checking.by_itself(law, given.organization_id)):
        raise ApplicationKnown
    await repository.add(session, application)
    detail = {"programme": law.code, "channel": given.channel}
    await audit.record(session, caller, "application.submit", str(application.id), detail=detail)
    return application


async def _region(session: AsyncSession, given: ApplicationIn) -> str:
    """Where it is decided: where the senior is registered, or the organisation."""
    kind, subject = ("senior", given.senior_id) if given.senior_id else ("organization", given.organization_id)
    if subject is None:
        en, zh = "Name a senior or an organisation.", "须指明老年人或机构。"
        raise ApplicationUnfit(en, zh, [FieldError.of("/senior_id", "missing", en, zh)])
    region = await region_of(session, kind, subject)
    if region is None:
        raise SubjectNotFound
    return region


def _pack(packs: Packs, region: str, programme: str) -> Pack:
    try:
        pack = packs.for_region(region)
    except UnknownRegion:
        raise NoPolicy(f"No policy covers {region}.", f"{region}没有适用的政策。") from None
    law = pack.programmes.get(programme)
    if law is None:
        en, zh = f"The policy has no programme {programme}.", f"政策中没有项目{programme}。"
        raise NoPolicy(en, zh, [FieldError.of("/programme", "programme", en, zh)])
    if law.source != "application":
        en, zh = "Its facts come from the register or from verified meals.", "该项目的事实来自登记信息或核验记录。"
        raise NoApplications(en, zh, [FieldError.of("/programme", "no_applications", en, zh)])
    return pack


async def _row(session: AsyncSession, pack: Pack, caller: Caller, given: ApplicationIn, region: str) -> Application:
    first, last = checking.months_of(pack.programmes[given.programme], given)
    at = await repository.moment(session)
    same = ("programme", "senior_id", "organization_id", "worker_ref", "worker_key", "channel", "note")
    return Application(
        **{name: getattr(given, name) for name in same},
        id=new_id(),
        version=1,
        region=region,
        first_month=first.first,
        last_month=last.first if last else None,
        rows=rows.plain(given.rows),
        documents=[document.model_dump() for document in given.documents],
        state=ApplicationState.SUBMITTED,
        submitted_by=caller.subject,
        submitted_at=at,
        changed_at=at,
    )


async def find(session: AsyncSession, application_id: UUID, *, for_update: bool = False) -> Application:
    """An application of the caller's regions; ApplicationNotFound (404) otherwise."""
    found = await repository.get(session, application_id, for_update=for_update)
    if found is None:
        raise ApplicationNotFound
    return found


async def settle(
    session: AsyncSession,
    caller: Caller,
    application_id: UUID,
    action: Action,
    *,
    reason: str | None,
    check: VersionCheck,
) -> Application:
    """Accept or refuse as a second person. What is accepted is in every freeze from now on."""
    one, at = await _take(session, application_id, check)
    try:
        one.state = decide(ApplicationState(one.state), action, actor=caller.subject, author=one.submitted_by)
    except SamePersonError:
        raise SecondPersonNeeded from None
    except MoveRefusedError as error:
        raise _wrong_state(one, error) from None
    one.decided_by, one.decided_at, one.decision_reason = caller.subject, at, reason
    return await _changed(session, caller, one, action, reason)


async def accept(
    session: AsyncSession,
    packs: Packs,
    caller: Caller,
    application_id: UUID,
    *,
    reason: str | None,
    check: VersionCheck,
) -> Application:
    """Accept as a second person, and hold what it says against what is known already."""
    one = await settle(session, caller, application_id, Action.ACCEPT, reason=reason, check=check)
    await _dispute(session, packs, one)
    return one


async def _dispute(session: AsyncSession, packs: Packs, one: Application) -> None:
    """Write down what the register contradicts in its first month; a run looks again."""
    month = Month.of(one.first_month)
    values = {"programme": one.programme, "first": month.first, "last": month.last, "day": month.first, "prefix": ""}
    found = facts_sql.query(APPLICATION, "s.id = CAST(:application AS uuid)", paid=False)
    await disputes.keep(session, found, values | {"application": one.id})
    pack, abilities = _pack(packs, one.region, one.programme), await repository.abilities(session, one.senior_id)
    named = {"application_id": str(one.id), "region": one.region}
    denied = levels.denied(pack, pack.programmes[one.programme], month, one.rows, abilities)
    await disputes.keep_denied(session, month, [named | {"row": row, "disputes": told} for row, told in denied])


async def end(
    session: AsyncSession, caller: Caller, application_id: UUID, given: EndIn, check: VersionCheck
) -> Application:
    """Let it count no longer from a month on; what was paid from then on comes back with the next run."""
    one, at = await _take(session, application_id, check)
    one.state = _move(one, Action.END)
    last = Month.of(one.last_month) if one.last_month else None
    try:
        check_end(Month.of(one.first_month), last, given.from_month)
    except MonthError:
        en, zh = "It ends after its first month and not after its last.", "停止月份应晚于起始月份且不晚于截止月份。"
        raise ApplicationUnfit(en, zh, [FieldError.of("/from_month", "month", en, zh)]) from None
    one.ended_from, one.ended_by, one.ended_at = given.from_month.first, caller.subject, at
    one.end_reason = given.reason
    return await _changed(session, caller, one, Action.END, given.reason)


async def withdraw(
    session: AsyncSession, caller: Caller, application_id: UUID, reason: str, check: VersionCheck
) -> Application:
    """Let it never have counted; what was paid for it comes back with the next run."""
    one, at = await _take(session, application_id, check)
    one.state = _move(one, Action.WITHDRAW)
    one.withdrawn_by, one.withdrawn_at, one.withdrawal_reason = caller.subject, at, reason
    return await _changed(session, caller, one, Action.WITHDRAW, reason)


async def _take(session: AsyncSession, application_id: UUID, check: VersionCheck) -> tuple[Application, datetime]:
    """The application for a change, and the database's time between two freezes."""
    await intake(session)
    one = await find(session, application_id, for_update=True)
    check(one.version)
    return one, await repository.moment(session)


def _move(one: Application, action: Action) -> ApplicationState:
    try:
        return move(ApplicationState(one.state), action)
    except MoveRefusedError as error:
        raise _wrong_state(one, error) from None


async def _changed(
    session: AsyncSession, caller: Caller, one: Application, action: Action, reason: str | None
) -> Application:
    one.version += 1
    one.changed_at = await repository.moment(session)
    await session.flush()
    await audit.record(session, caller, f"application.{action}", str(one.id), detail={"reason": reason or ""})
    return one


def _wrong_state(one: Application, error: Exception) -> WrongState:
    return WrongState(f"{error}.", f"申请当前状态为 {one.state},不能进行此操作。", state=one.state)


def forms(packs: Packs, caller: Caller, region: str, programme: str | None) -> list[FormOut]:
    """What applications for the programmes of a region must say; nothing outside the caller's regions."""
    if not (is_covered(caller, region) and RegionTable.load().exists(region)):
        return []
    try:
        pack = packs.for_region(region)
    except UnknownRegion:
        return []
    laws = [law for law in pack.programmes.values() if law.source == "application"]
    return [checking.form(pack, law) for law in laws if programme in {None, law.code}]

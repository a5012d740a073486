"""Use cases of admissions: admit, change the care level, discharge."""

from uuid import UUID

from services.registry.admissions import domain, repository
from services.registry.admissions.models import Admission, AdmissionFact
from services.registry.admissions.schemas import AdmissionIn, AdmissionOut, CareLevelIn, DischargeIn
from services.registry.cursors import Position, next_cursor
from services.registry.desk import Desk
from services.registry.errors import (
    AdmissionNotFound,
    AlreadyAdmitted,
    AlreadyDischarged,
    NotAdmissible,
    OutsideOrganization,
    WrongKind,
)
from services.registry.facts import repository as fact_store
from services.registry.facts.domain import CARE_LEVEL, Fact, Splice, end, splice
from services.registry.lives import service as lives
from services.registry.lives.domain import STAY, Span
from services.registry.organizations import service as organizations
from services.registry.organizations.domain import Kind
from services.registry.organizations.models import Organization
from services.registry.organizations.repository import first_day_run
from services.registry.schemas import FactOut
from services.registry.seniors import service as seniors
from shared.contracts import registry as events
from shared.events import outbox
from shared.ids import new_id
from shared.paging import Page


async def admit(desk: Desk, body: AdmissionIn) -> AdmissionOut:
    """Begin a stay.

    Raises:
        AlreadyAdmitted: the senior has an open stay, here or in another region.
        NotAdmissible: the senior died before, had another stay then, or the institution is closed.
        WrongDates: that day lies before the birth, before the institution was run, or in the future.
    """
    institution = await organizations.find(desk, body.institution_id)
    _check_institution(desk, institution)
    await seniors.find(desk, body.senior_id, for_update=True)
    await _check_senior(desk, body, institution)
    row = await repository.add(
        desk.session,
        {
            "admission_id": new_id(),
            "senior_id": body.senior_id,
            "institution_id": body.institution_id,
            "region": institution.region,
            "version": 1,
            "admitted_on": body.admitted_on,
            "recorded_at": desk.at,
        },
    )
    if row is None:
        raise AlreadyAdmitted
    statement = domain.care_level(body.care_level, body.admitted_on, body.source)
    await _apply(desk, row, Splice((), (statement,)))
    return await _publish(desk, row)


async def read(desk: Desk, admission_id: UUID) -> AdmissionOut:
    """One stay."""
    row = await _find(desk, admission_id)
    return _view(row, await _levels(desk, row))


async def page(
    desk: Desk, filters: dict[str, UUID | None], *, active: bool | None, after: Position, limit: int
) -> Page[AdmissionOut]:
    """One page of the stays."""
    rows = list(await repository.page(desk.session, filters, active, after, limit + 1))
    last = rows[limit - 1] if len(rows) > limit else None
    facts = await fact_store.live_facts(desk.session, AdmissionFact, [row.admission_id for row in rows[:limit]])
    items = [_view(row, facts[row.admission_id]) for row in rows[:limit]]
    return Page(items=items, next=next_cursor(last.region, last.admission_id) if last else None)


async def change_care_level(desk: Desk, admission_id: UUID, body: CareLevelIn) -> AdmissionOut:
    """Another care level from a day within the stay on."""
    row = await _find(desk, admission_id, for_update=True)
    desk.check_version(row.version)
    if row.discharged_on is not None:
        raise AlreadyDischarged
    told = Span(CARE_LEVEL, body.valid_from, place="/valid_from", floor=row.admitted_on)
    await _check(desk, row, told)
    statement = domain.care_level(body.care_level, body.valid_from, body.source)
    await _apply(desk, row, splice(await _levels(desk, row), statement))
    return await _publish(desk, row, changed=True)


async def discharge(desk: Desk, admission_id: UUID, body: DischargeIn) -> AdmissionOut:
    """End a stay; its care levels end with it."""
    row = await _find(desk, admission_id, for_update=True)
    desk.check_version(row.version)
    if row.discharged_on is not None:
        raise AlreadyDischarged
    await _check(desk, row, Span(STAY, row.admitted_on, body.discharged_on, row.admission_id, "/discharged_on"))
    row.discharged_on = body.discharged_on
    await _apply(desk, row, end(await _levels(desk, row), CARE_LEVEL, body.discharged_on))
    return await _publish(desk, row, changed=True)


async def _find(desk: Desk, admission_id: UUID, *, for_update: bool = False) -> Admission:
    row = await repository.get(desk.session, admission_id, for_update=for_update)
    if row is None:
        raise AdmissionNotFound
    return row


def _check_institution(desk: Desk, institution: Organization) -> None:
    if desk.caller.organization not in {None, institution.organization_id}:
        raise OutsideOrganization
    if institution.kind != Kind.INSTITUTION:
        raise WrongKind
    if institution.status != "active":
        raise NotAdmissible("The institution is closed.", "该机构已停业。")


async def _check_senior(desk: Desk, body: AdmissionIn, institution: Organization) -> None:
    life = await lives.of(desk, body.senior_id)
    if any(span.kind == STAY and span.until is None for span in life.facts):
        raise AlreadyAdmitted
    run_since = await first_day_run(desk.session, institution.organization_id)
    told = Span(STAY, body.admitted_on, place="/admitted_on", floor=run_since)
    lives.check(desk, life, life.saying(told), told.place, state=NotAdmissible)


async def _check(desk: Desk, row: Admission, told: Span) -> None:
    life = await lives.of(desk, row.senior_id)
    lives.check(desk, life, life.saying(told), told.place)


async def _levels(desk: Desk, row: Admission) -> list[Fact]:
    return (await fact_store.live_facts(desk.session, AdmissionFact, [row.admission_id]))[row.admission_id]


async def _apply(desk: Desk, row: Admission, change: Splice) -> None:
    await fact_store.apply(desk.session, AdmissionFact, desk.entry(row.admission_id, row.region), change)


async def _publish(desk: Desk, row: Admission, *, changed: bool = False) -> AdmissionOut:
    row.version += changed
    row.recorded_at = desk.at
    await desk.session.flush()
    levels = await _levels(desk, row)
    await outbox.add(desk.session, _snapshot(row, levels))
    return _view(row, levels)


def _snapshot(row: Admission, levels: list[Fact]) -> events.AdmissionSnapshot:
    return events.AdmissionSnapshot(
        admission_id=row.admission_id,
        version=row.version,
        senior_id=row.senior_id,
        institution_id=row.institution_id,
        region=row.region,
        admitted_on=row.admitted_on,
        discharged_on=row.discharged_on,
        care_levels=tuple(
            events.CareLevel(level=fact.value, valid_from=fact.valid_from, valid_to=fact.valid_to)
            for fact in sorted(levels, key=lambda fact: fact.valid_from)
        ),
        recorded_at=row.recorded_at,
    )


def _view(row: Admission, levels: list[Fact]) -> AdmissionOut:
    columns = {name: getattr(row, name) for name in AdmissionOut.model_fields if name != "care_levels"}
    ordered = sorted(levels, key=lambda fact: fact.valid_from)
    return AdmissionOut(**columns, care_levels=[FactOut.of(fact) for fact in ordered])

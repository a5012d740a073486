"""Use cases of organisations: register, read, amend, grade, contract."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from services.registry.cursors import Position, next_cursor
from services.registry.desk import Desk
from services.registry.errors import (
    ChangeNeedsRequest,
    ContractKnown,
    ContractNotFound,
    OrganizationKnown,
    OrganizationNotFound,
    WrongDates,
    WrongKind,
    WrongSocialCreditCode,
)
from services.registry.facts import repository as fact_store
from services.registry.facts.domain import Statement, splice
from services.registry.organizations import domain, dossier, repository
from services.registry.organizations.models import Organization, OrganizationFact
from services.registry.organizations.schemas import (
    ContractEndIn,
    ContractIn,
    GradeIn,
    ModeIn,
    OrganizationIn,
    OrganizationOut,
    OrganizationPatch,
)
from services.registry.subjects import repository as subjects
from services.registry.subjects.domain import CONTRACT, ORGANIZATION, TOPICS
from shared.errors import FieldError
from shared.events import outbox
from shared.identity import SocialCreditCodeError, check_social_credit_code
from shared.ids import new_id
from shared.paging import Page


async def register(desk: Desk, body: OrganizationIn) -> OrganizationOut:
    """Put an organisation on file.

    Raises:
        OrganizationKnown: the id is somebody's or something's already, or the legal person with this kind is on file,
            in whichever region.
    """
    desk.check_region(body.region)
    code = _read_code(body.social_credit_code)
    key = body.organization_id or new_id()
    identity = {"social_credit_code": code, "kind": body.kind.value, "organization_id": key}
    if not (await subjects.take(desk.session, key, ORGANIZATION) and await repository.claim(desk.session, identity)):
        raise OrganizationKnown
    row = Organization(**_columns(desk, body), organization_id=key, social_credit_code=code)
    desk.session.add(row)
    await desk.session.flush()
    for statement in (*map(_mode, body.operation_modes), *map(_grade, body.grades)):
        await _state(desk, row, statement)
    return await publish(desk, row)


async def find(desk: Desk, organization_id: UUID, *, for_update: bool = False) -> Organization:
    """The organisation, or OrganizationNotFound (404)."""
    row = await repository.get(desk.session, organization_id, for_update=for_update)
    if row is None:
        raise OrganizationNotFound
    return row


async def read(desk: Desk, organization_id: UUID) -> OrganizationOut:
    """One file."""
    return (await _views(desk, [await find(desk, organization_id)]))[0]


async def page(desk: Desk, region: str | None, kind: str | None, after: Position, limit: int) -> Page[OrganizationOut]:
    """One page of the files."""
    rows = list(await repository.page(desk.session, region, kind, after, limit + 1))
    last = rows[limit - 1] if len(rows) > limit else None
    items = await _views(desk, rows[:limit])
    return Page(items=items, next=next_cursor(last.region, last.organization_id) if last else None)


async def amend(
    desk: Desk, organization_id: UUID, body: OrganizationPatch, check_version: Callable[[int], None]
) -> OrganizationOut:
    """Change what is not dated and needs no second person; ChangeNeedsRequest (409) for the rest."""
    given = body.model_fields_set
    if given & TOPICS.keys():
        raise ChangeNeedsRequest.of(given & TOPICS.keys(), f"/registry/v1/organizations/{organization_id}/changes")
    row = await find(desk, organization_id, for_update=True)
    check_version(row.version)
    for name in given & {"status", "profit"}:
        setattr(row, name, getattr(body, name))
    if row.status == "active":
        row.closed_on = None
    elif row.closed_on is None:
        row.closed_on = desk.today
    if body.beds is not None:
        _check_graded(row)
        row.nursing_beds, row.ordinary_beds = body.beds.nursing, body.beds.ordinary
    return await publish(desk, row, changed=True)


async def record_mode(desk: Desk, organization_id: UUID, body: ModeIn) -> OrganizationOut:
    """Say who runs an institution from when to when; WrongDates (422) where somebody lived there before."""
    found = await _record(desk, organization_id, _mode(body))
    opened = await repository.first_day_run(desk.session, organization_id)
    moved_in = await repository.first_admission(desk.session, organization_id)
    if opened and moved_in and moved_in < opened <= body.valid_from:
        en, zh = (
            f"Somebody was admitted on {moved_in}; who ran it then?",
            f"{moved_in}已有人入住,请先登记当时的运营方式。",
        )
        raise WrongDates.at("/valid_from", en, zh)
    return found


async def record_grade(desk: Desk, organization_id: UUID, body: GradeIn) -> OrganizationOut:
    """Say which grade an institution has from when to when."""
    return await _record(desk, organization_id, _grade(body))


async def record_contract(desk: Desk, organization_id: UUID, body: ContractIn) -> OrganizationOut:
    """Put a contract on file, for a region that the caller covers as well as the organisation's own."""
    desk.check_region(body.region)
    row = await find(desk, organization_id, for_update=True)
    desk.check_version(row.version)
    if row.kind not in domain.CONTRACTED:
        raise WrongKind
    values = body.model_dump(exclude={"region", "contract_id"}) | {
        "contract_id": body.contract_id or new_id(),
        "organization_id": organization_id,
        "region": row.region,
        "service_region": body.region,
        "recorded_at": desk.at,
        "recorded_by": desk.caller.subject,
    }
    if not await subjects.take(desk.session, values["contract_id"], CONTRACT):
        raise ContractKnown
    await repository.add_contract(desk.session, values)
    return await publish(desk, row, changed=True)


async def end_contract(desk: Desk, organization_id: UUID, contract_id: UUID, body: ContractEndIn) -> OrganizationOut:
    """End a contract before its time; its region must be the caller's."""
    row = await find(desk, organization_id, for_update=True)
    desk.check_version(row.version)
    contracts = (await repository.contracts_of(desk.session, [organization_id]))[organization_id]
    found = [contract for contract in contracts if contract.contract_id == contract_id]
    if not found:
        raise ContractNotFound
    contract = found[0]
    desk.check_region(contract.service_region)
    if body.last_day < contract.valid_from or (contract.valid_to is not None and body.last_day > contract.valid_to):
        raise WrongDates.at("/last_day", "It lies outside the contract.", "终止日不在合同期内。")
    contract.valid_to = body.last_day
    return await publish(desk, row, changed=True)


def _read_code(text: str) -> str:
    try:
        return check_social_credit_code(text)
    except SocialCreditCodeError as error:
        field = FieldError.of("/social_credit_code", error.code, error.en, error.zh)
        raise WrongSocialCreditCode(error.en, error.zh, [field]) from error


def _columns(desk: Desk, body: OrganizationIn) -> dict[str, Any]:
    return {
        "region": body.region,
        "version": 1,
        "kind": body.kind.value,
        "name": body.name,
        "status": "active",
        "profit": body.profit,
        "nursing_beds": body.beds.nursing,
        "ordinary_beds": body.beds.ordinary,
        "bank_account": desk.seal_json(body.bank_account),
        "recorded_at": desk.at,
    }


def _mode(body: ModeIn) -> Statement:
    return domain.mode(body.mode, body.valid_from, body.valid_to, body.source)


def _grade(body: GradeIn) -> Statement:
    return domain.grade(body.grade, body.valid_from, body.valid_to, body.source)


async def _record(desk: Desk, organization_id: UUID, statement: Statement) -> OrganizationOut:
    row = await find(desk, organization_id, for_update=True)
    desk.check_version(row.version)
    _check_graded(row)
    await _state(desk, row, statement)
    return await publish(desk, row, changed=True)


def _check_graded(row: Organization) -> None:
    if row.kind not in domain.GRADED:
        raise WrongKind


async def _state(desk: Desk, row: Organization, statement: Statement) -> None:
    live = await fact_store.live_facts(desk.session, OrganizationFact, [row.organization_id])
    entry = desk.entry(row.organization_id, row.region)
    await fact_store.apply(desk.session, OrganizationFact, entry, splice(live[row.organization_id], statement))


async def publish(desk: Desk, row: Organization, *, changed: bool = False) -> OrganizationOut:
    """Tell the other services how the file stands now; a change raises its version."""
    row.version += changed
    row.recorded_at = desk.at
    await desk.session.flush()
    file = (await dossier.load_all(desk.session, [row], desk.today))[0]
    await outbox.add(desk.session, dossier.snapshot(file))
    return dossier.view(file, desk.keyring)


async def _views(desk: Desk, rows: list[Organization]) -> list[OrganizationOut]:
    return [dossier.view(file, desk.keyring) for file in await dossier.load_all(desk.session, rows, desk.today)]

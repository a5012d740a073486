"""Use cases of seniors: register, read, amend, find, reveal."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.cursors import Position, next_cursor
from services.registry.desk import Desk
from services.registry.errors import (
    ChangeNeedsRequest,
    SearchTooLong,
    SeniorKnown,
    SeniorNotFound,
    WrongIdentityNumber,
)
from services.registry.facts import repository as fact_store
from services.registry.facts.domain import RESIDENCE, Fact, Statement, splice
from services.registry.lives import service as lives
from services.registry.lives.domain import Span
from services.registry.search import repository as index
from services.registry.search.blinding import blinder_of
from services.registry.search.tokens import MOST_TERMS, RULES, index_tokens, query_tokens
from services.registry.seniors import domain, dossier, repository
from services.registry.seniors.models import Senior, SeniorFact
from services.registry.seniors.schemas import CircumstanceIn, Counts, SeniorBrief, SeniorIn, SeniorOut, SeniorPatch
from services.registry.subjects.domain import TOPICS
from shared import audit
from shared.crypto import Keyring
from shared.errors import FieldError
from shared.events import outbox
from shared.identity import IdentityNumber, IdentityNumberError, check_identity_number
from shared.ids import new_id
from shared.paging import Page

IDENTITY = "identity-number"


async def register(desk: Desk, body: SeniorIn) -> SeniorOut:
    """Put a person on the register.

    Raises:
        SeniorKnown: the identity number is on the register, here or in another region.
        WrongDates: the person is too young, or something told of the life cannot be.
    """
    desk.check_region(body.region)
    identity = read_identity(body.identity_number, desk.today)
    since = body.resident_since or desk.today
    told = [Span(RESIDENCE, since, place="/resident_since")]
    told += [span_of(one, f"/circumstances/{at}") for at, one in enumerate(body.circumstances)]
    lives.check(desk, None, lives.beginning(identity.birth_date, desk.today, told), "/identity_number")
    senior = await repository.add(desk.session, _new_row(desk, body, identity))
    if senior is None:
        raise await _known_already(desk, identity)
    statements = [domain.residence(body.region, since, body.source), *map(statement_of, body.circumstances)]
    for statement in statements:
        await state(desk, senior, statement)
    await index.replace(desk.session, senior.senior_id, senior.region, name_numbers(desk, body.name))
    return await publish(desk, senior)


def read_identity(text: str, on: date) -> IdentityNumber:
    """Check an identity number; WrongIdentityNumber (422) says what is wrong."""
    try:
        return check_identity_number(text, on)
    except IdentityNumberError as error:
        field = FieldError.of("/identity_number", error.code, error.en, error.zh)
        raise WrongIdentityNumber(error.en, error.zh, [field]) from error


def statement_of(body: CircumstanceIn) -> Statement:
    """The circumstance as the domain says it."""
    return Statement(body.kind, body.value, body.valid_from, body.valid_to, body.source)


def span_of(body: CircumstanceIn, place: str) -> Span:
    """The circumstance as a fact of a life that is told at a place in the request."""
    return Span(body.kind, body.valid_from, body.valid_to, place=f"{place}/valid_from")


def name_numbers(desk: Desk, name: str) -> list[int]:
    """What a name is indexed by."""
    return desk.blinder.numbers(index_tokens(name))


async def state(desk: Desk, senior: Senior, statement: Statement) -> Fact:
    """Put a dated fact on a senior's file."""
    live = await fact_store.live_facts(desk.session, SeniorFact, [senior.senior_id])
    change = splice(live[senior.senior_id], statement)
    return (await fact_store.apply(desk.session, SeniorFact, desk.entry(senior.senior_id, senior.region), change))[-1]


async def find(desk: Desk, senior_id: UUID, *, for_update: bool = False) -> Senior:
    """The senior, or SeniorNotFound (404) when the caller's regions hold none of that id."""
    senior = await repository.get(desk.session, senior_id, for_update=for_update)
    if senior is None:
        raise SeniorNotFound
    return senior


async def read(desk: Desk, senior_id: UUID, as_of: date | None, known_at: datetime | None) -> SeniorOut:
    """The file as of a day, as known at a moment."""
    file = await dossier.load(desk.session, await find(desk, senior_id), known_at or desk.at)
    return dossier.view(file, desk.keyring, as_of)


async def amend(desk: Desk, senior_id: UUID, body: SeniorPatch, check_version: Callable[[int], None]) -> SeniorOut:
    """Change how to reach a person; ChangeNeedsRequest (409) for who that is and where money goes."""
    given = body.model_fields_set
    if given & TOPICS.keys():
        raise ChangeNeedsRequest.of(given & TOPICS.keys(), f"/registry/v1/seniors/{senior_id}/changes")
    senior = await find(desk, senior_id, for_update=True)
    check_version(senior.version)
    if "phone" in given:
        senior.phone = desk.seal(body.phone)
    if "address" in given:
        senior.address = desk.seal_json(body.address)
    return await publish(desk, senior, changed=True)


async def change_name(desk: Desk, senior: Senior, name: str) -> None:
    """Give a person another name, to be found by it."""
    senior.name, senior.name_rules = desk.keyring.encrypt(name), RULES
    await index.replace(desk.session, senior.senior_id, senior.region, name_numbers(desk, name))


async def index_older(session: AsyncSession, keyring: Keyring, after: UUID, limit: int) -> UUID | None:
    """Index some names after an id anew that are indexed by older rules; the last id, or None when that was all."""
    rows = await repository.indexed_before(session, RULES, after, limit)
    if not rows:
        return None
    await index.forget(session, [senior.senior_id for senior in rows])
    tokens = blinder_of(keyring).of_name
    names = [(senior.senior_id, senior.region, tokens(keyring.decrypt(senior.name))) for senior in rows]
    await index.add_many(session, names)
    for senior in rows:
        senior.name_rules = RULES
    return rows[-1].senior_id


async def change_identity(desk: Desk, senior: Senior, identity: IdentityNumber) -> None:
    """Give a person another identity number, and what follows from it; SeniorKnown (409) when somebody has it."""
    if not await repository.change_identity(desk.session, senior, identity_columns(desk, identity)):
        raise await _known_already(desk, identity)


async def check_identity_free(desk: Desk, senior: Senior, identity: IdentityNumber) -> None:
    """SeniorKnown (409) when somebody else has the number, in whichever region. Changes nothing."""
    if not await repository.can_change_identity(desk.session, senior, identity_columns(desk, identity)):
        raise await _known_already(desk, identity)


async def publish(desk: Desk, senior: Senior, *, changed: bool = False) -> SeniorOut:
    """Tell the other services how the file stands now; a change raises its version."""
    senior.recorded_at = desk.at
    senior.version += changed
    file = await dossier.load(desk.session, senior, desk.at)
    senior.status = domain.status_of(file.facts, desk.today).value
    await desk.session.flush()
    await outbox.add(desk.session, dossier.snapshot(file))
    return dossier.view(file, desk.keyring, None)


async def page(desk: Desk, region: str | None, status: str | None, after: Position, limit: int) -> Page[SeniorBrief]:
    """One page of the register."""
    rows = list(await repository.page(desk.session, region, status, after, limit + 1))
    return _page(desk, rows, limit)


async def counts(desk: Desk, region: str | None) -> Counts:
    """How many seniors the caller may see."""
    found = await repository.counts(desk.session, region)
    return Counts(total=sum(found.values()), by_status=found)


async def search_name(desk: Desk, name: str, after: Position, limit: int) -> Page[SeniorBrief]:
    """Seniors whose name fits characters, pinyin or initials. SearchTooLong (422) above what a name may have."""
    wanted = query_tokens(name)
    if len(wanted) > MOST_TERMS:
        raise SearchTooLong(f"A search has at most {MOST_TERMS} parts.", f"一次检索最多 {MOST_TERMS} 个部分。")
    terms = [desk.blinder.numbers(term) for term in wanted]
    ids = await index.find(desk.session, terms, after, limit + 1) if terms else []
    return _page(desk, list(await repository.by_ids(desk.session, ids)), limit)


async def search_identity(desk: Desk, number: str) -> Page[SeniorBrief]:
    """The senior with exactly this identity number."""
    identity = read_identity(number, desk.today)
    senior = await repository.by_identity(desk.session, desk.keyring.blind(identity.number, IDENTITY))
    if senior is None:
        audit.missed()
    return _page(desk, [senior] if senior else [], 1)


def _page(desk: Desk, rows: list[Senior], limit: int) -> Page[SeniorBrief]:
    last = rows[limit - 1] if len(rows) > limit else None
    items = [dossier.brief(senior, desk.keyring) for senior in rows[:limit]]
    return Page(items=items, next=next_cursor(last.region, last.senior_id) if last else None)


def _new_row(desk: Desk, body: SeniorIn, identity: IdentityNumber) -> dict[str, Any]:
    return {
        "senior_id": new_id(),
        "region": body.region,
        "version": 1,
        "status": domain.Status.ACTIVE.value,
        **identity_columns(desk, identity),
        "name": desk.keyring.encrypt(body.name),
        "name_rules": RULES,
        "phone": desk.seal(body.phone),
        "address": desk.seal_json(body.address),
        "bank_account": desk.seal_json(body.bank_account),
        "registered_on": desk.today,
        "recorded_at": desk.at,
    }


def identity_columns(desk: Desk, identity: IdentityNumber) -> dict[str, Any]:
    """What is stored of an identity number."""
    return {
        "birth_date": identity.birth_date,
        "sex": identity.sex,
        "identity_kind": identity.kind.value,
        "identity_blind": desk.keyring.blind(identity.number, IDENTITY),
        "identity_number": desk.keyring.encrypt(identity.number),
    }


async def _known_already(desk: Desk, identity: IdentityNumber) -> SeniorKnown:
    """The refusal; the other file is named only to a caller who may see it."""
    audit.missed()
    other = await repository.by_identity(desk.session, desk.keyring.blind(identity.number, IDENTITY))
    if other is None:
        return SeniorKnown("It is registered in another region.", "该身份证号已在其他区域登记。")
    return SeniorKnown("It is registered in your region.", "该身份证号已在本区域登记。", senior_id=str(other.senior_id))

"""Use cases of what happens to a senior: circumstances, moves, death, and taking back what was wrong."""

import json
from typing import Any
from uuid import UUID

from services.registry.desk import Desk
from services.registry.errors import FactNotFound, NotDeceased, WrongDates
from services.registry.facts import repository as fact_store
from services.registry.facts.domain import DEATH, RESIDENCE, Fact, Splice, end, replace_all, splice, withdraw
from services.registry.lives import service as lives
from services.registry.lives.domain import REPORT, Span, arising
from services.registry.seniors import domain
from services.registry.seniors.models import Senior, SeniorFact
from services.registry.seniors.schemas import (
    CircumstanceIn,
    DeathIn,
    DepartureIn,
    ResidenceIn,
    RevealIn,
    RevealOut,
    SeniorOut,
    WithdrawalIn,
)
from services.registry.seniors.service import find, publish, span_of, statement_of
from services.registry.subjects import repository as subjects
from shared import audit


async def record_circumstance(desk: Desk, senior_id: UUID, body: CircumstanceIn) -> SeniorOut:
    """State a circumstance; it supersedes what was said of its days."""
    senior, live = await _open(desk, senior_id)
    await _check(desk, senior_id, span_of(body, ""))
    return await _change(desk, senior, splice(live, statement_of(body)))


async def withdraw_fact(desk: Desk, senior_id: UUID, fact_id: UUID, body: WithdrawalIn) -> SeniorOut:
    """Take a circumstance back; FactNotFound (404) when it is not on record any more."""
    senior, live = await _open(desk, senior_id)
    found = [f for f in live if f.fact_id == fact_id and f.kind in domain.CIRCUMSTANCES]
    if not found:
        raise FactNotFound
    await _note(desk, "registry.seniors.withdraw-fact", senior_id, body.source, fact_id=str(fact_id))
    return await _change(desk, senior, withdraw(found[0]))


async def record_residence(desk: Desk, senior_id: UUID, body: ResidenceIn) -> SeniorOut:
    """Move the household register; the file follows to the new region, which the caller must cover."""
    desk.check_region(body.region)
    senior, live = await _open(desk, senior_id)
    await _check(desk, senior_id, Span(RESIDENCE, body.valid_from, place="/valid_from"))
    await _change_rows(desk, senior, splice(live, domain.residence(body.region, body.valid_from, body.source)))
    await _follow(desk, senior, body.region)
    return await publish(desk, senior, changed=True)


async def record_departure(desk: Desk, senior_id: UUID, body: DepartureIn) -> SeniorOut:
    """End the household register here; the file stays where it was, for the months before."""
    senior, live = await _open(desk, senior_id)
    change = end(live, RESIDENCE, body.last_day)
    if not change.superseded or not change.written:
        raise WrongDates.at("/last_day", "No residence is on record then.", "该日没有户籍记录。")
    left = change.written[-1]
    await _check(desk, senior_id, Span(left.kind, left.valid_from, left.valid_to, place="/last_day"))
    await _note(desk, "registry.seniors.departure", senior_id, body.source)
    return await _change(desk, senior, change)


async def record_death(desk: Desk, senior_id: UUID, body: DeathIn) -> SeniorOut:
    """Put a death on record, or correct the one on record.

    Raises:
        WrongDates: facts on file lie after it, and the report does not say that it holds all the same.
    """
    senior, live = await _open(desk, senior_id)
    before = await lives.of(desk, senior_id)
    after = before.saying(
        Span(DEATH, body.died_on, place="/died_on"), Span(REPORT, body.reported_on, place="/reported_on")
    )
    if body.holds:
        later = {one.span.id for one in arising(before, after) if one.span.id}
        after = after.without(later)
        await _note(desk, "registry.seniors.death-holds", senior_id, body.source, facts=sorted(map(str, later)))
    lives.check(desk, before, after, "/died_on")
    return await _change(desk, senior, replace_all(live, domain.death(body.died_on, body.reported_on, body.source)))


async def withdraw_death(desk: Desk, senior_id: UUID, body: WithdrawalIn) -> SeniorOut:
    """Take back a death that was recorded in error; NotDeceased (409) when none is on record."""
    senior, live = await _open(desk, senior_id)
    deaths = [fact for fact in live if fact.kind == DEATH]
    if not deaths:
        raise NotDeceased
    await _note(desk, "registry.seniors.withdraw-death", senior_id, body.source, fact_id=str(deaths[0].fact_id))
    return await _change(desk, senior, withdraw(deaths[0]))


async def reveal(desk: Desk, senior_id: UUID, body: RevealIn) -> RevealOut:
    """Show hidden fields in clear and write down who looked and why."""
    senior = await find(desk, senior_id)
    fields = list(dict.fromkeys(body.fields))
    await audit.record(
        desk.session,
        desk.caller,
        "registry.seniors.reveal",
        str(senior_id),
        purpose=body.purpose,
        detail={"fields": fields},
    )
    plain = {field: desk.open(getattr(senior, field)) for field in fields}
    return RevealOut(senior_id=senior_id, **{field: _clear(field, text) for field, text in plain.items()})


def _clear(field: str, text: str | None) -> Any:  # noqa: ANN401  # text, or the members of an address or account
    return json.loads(text) if text and field in {"address", "bank_account"} else text


async def _open(desk: Desk, senior_id: UUID) -> tuple[Senior, list[Fact]]:
    """The senior, locked so that changes follow one another, and the facts known now."""
    senior = await find(desk, senior_id, for_update=True)
    desk.check_version(senior.version)
    return senior, (await fact_store.live_facts(desk.session, SeniorFact, [senior_id]))[senior_id]


async def _change(desk: Desk, senior: Senior, change: Splice) -> SeniorOut:
    await _change_rows(desk, senior, change)
    return await publish(desk, senior, changed=True)


async def _change_rows(desk: Desk, senior: Senior, change: Splice) -> None:
    await fact_store.apply(desk.session, SeniorFact, desk.entry(senior.senior_id, senior.region), change)


async def _follow(desk: Desk, senior: Senior, region: str) -> None:
    senior.region = region
    await subjects.follow(desk.session, senior.senior_id, region)


async def _check(desk: Desk, senior_id: UUID, told: Span) -> None:
    life = await lives.of(desk, senior_id)
    lives.check(desk, life, life.saying(told), told.place)


async def _note(desk: Desk, action: str, senior_id: UUID, source: str, **more: object) -> None:
    detail = {"source": source} | more
    await audit.record(desk.session, desk.caller, action, str(senior_id), detail=detail)

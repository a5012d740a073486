"""Judge deliveries again when what they were judged by turns out otherwise, in both directions 重新判定."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from services.visits.deliveries import announcements, decisions
from services.visits.deliveries.decisions import Change, Held
from services.visits.deliveries.intake import meal_of
from services.visits.judgements import repository
from services.visits.judgements.domain import Touch, settle, why
from services.visits.judgements.repository import File, Found, Near, Order
from services.visits.records.domain import Record, Status
from services.visits.verification.domain import Case, Meal
from services.visits.verification.neighbours import NOBODY, Neighbourhood
from services.visits.verification.rulebook import rulebook
from services.visits.verification.rules import READS, judge
from services.visits.verification.terms import Terms
from shared.clock import SHANGHAI, now
from shared.jobs import enqueue

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

JOB = "visits.judge-again"
AT_ONCE = 1000
"""Deliveries that are judged again in the transaction of the fact; more are left to a job."""
BEGINNING = UUID(int=0)
BY_EVENT = "event"
NEIGHBOUR = "visits.services/"
COMPARISONS = frozenset({"same_slot", "elsewhere"})
"""Parts of a case that are other deliveries."""


@dataclass(slots=True)
class _Judged:
    """A delivery on the table again."""

    held: Held
    meal: Meal
    terms: Terms
    order: Order
    ground: str
    counted: bool  # whether others were compared with it


async def follow(session: AsyncSession, touches: Sequence[Touch]) -> None:
    """Let judgements follow changed facts: here when they are few, by a job when they are many."""
    if not touches:
        return
    found = await repository.touched(session, touches, BEGINNING, AT_ONCE + 1)
    if len(found) > AT_ONCE:
        await enqueue(session, JOB, {"touches": [touch.to_json() for touch in touches]})
    else:
        await judge_again(session, found)


async def judge_again(session: AsyncSession, found: Sequence[Found]) -> None:
    """Judge deliveries by what is known now, then those beside one that changed. A delivery is only compared with
    earlier ones, so this ends."""
    while found:
        found = await _round(session, found)


async def _round(session: AsyncSession, found: Sequence[Found]) -> list[Found]:
    file = await repository.open_file(session, found)
    grounds = {delivery_id: ground for delivery_id, _, ground in found}
    judged = [_on_the_table(file, held, grounds[held.record.delivery_id]) for held in file.held]
    if not judged:
        return []
    around = await repository.near(session, [each.meal for each in judged], rulebook().hurry)
    moved = [each for each in judged if each.held.record.slot != each.meal.slot]
    changes = _judge_in_order(file, judged, around)
    for each in moved:
        each.held.record.slot = each.meal.slot
    await repository.move(session, [each.held.record for each in moved])
    await _write(session, changes)
    turned = [each.meal for each in judged if each in moved or each.counted != _counts(each.held.record)]
    return _beside(turned, around, {each.held.record.delivery_id for each in judged})


def _on_the_table(file: File, held: Held, ground: str) -> _Judged:
    record = held.record
    terms, meal = _place(file, record)
    order = record.received_at, record.delivery.sequence, record.delivery_id
    return _Judged(held, meal, terms, order, ground, _counts(record))


def _place(file: File, record: Record) -> tuple[Terms, Meal]:
    """The terms where the senior lived that day, and the meal by these terms."""
    region = file.seniors[record.delivery.senior_id].region_on(record.service_date)
    terms = rulebook().terms(region, record.service_date)
    slot = terms.slot_of(record.delivery.ended_at.astimezone(SHANGHAI))
    return terms, meal_of(record.delivery_id, record.delivery, record.service_date, slot)


def _counts(record: Record) -> bool:
    return record.status != Status.REJECTED


def _judge_in_order(file: File, judged: Iterable[_Judged], around: Near) -> list[Change]:
    """Take deliveries as they came in, so that each is compared with those before it as when it was first judged."""
    again = {each.held.record.delivery_id: each for each in judged}
    others = [(order, meal, None) for key, (order, meal, counts) in around.items() if counts and key not in again]
    table = [*others, *((each.order, each.meal, each) for each in again.values())]
    before, changes = Neighbourhood(), []
    for _, meal, each in sorted(table, key=lambda row: row[0]):
        if each is not None:
            change = _judge(file, each, before)
            if change:
                changes.append(change)
                each.held.record.status = change.status
        if each is None or _counts(each.held.record):
            before.put(meal)
    return changes


def _judge(file: File, each: _Judged, before: Neighbourhood) -> Change | None:
    record = each.held.record
    same_slot = before.same_slot(each.meal)
    elsewhere = before.elsewhere(each.meal, each.terms)
    corrects = _corrects_unverified(file, record)
    spoken = judge(_case(file, record, each.meal, each.terms, same_slot, elsewhere=elsewhere, corrects=corrects))[1]
    review = file.reviews.get((record.delivery_id, record.delivery.sequence))
    status, told = settle(spoken, review, each.terms.effects)
    if status == record.status and (status is Status.VERIFIED or set(spoken) == set(each.held.reasons)):
        return None
    code = why(spoken, each.held.reasons, told)
    return Change(replace(record), status, code, spoken, told, BY_EVENT, each.ground)


def _case(
    file: File,
    record: Record,
    meal: Meal,
    terms: Terms,
    same_slot: frozenset[UUID] = NOBODY,
    *,
    elsewhere: bool = False,
    corrects: bool,
) -> Case:
    delivery, senior = record.delivery, file.seniors[record.delivery.senior_id]
    standing = file.vendors[delivery.vendor_id].standing(senior.region_on(record.service_date), record.service_date)
    return Case(delivery, meal, senior, standing, terms, record.received_at, same_slot, elsewhere, corrects)


def _corrects_unverified(file: File, record: Record) -> bool:
    """Whether the version before would not have counted by what is known now. Of its neighbours nothing is known any
    more, so what was said of them last stays."""
    corrects = False
    for held in file.versions[record.delivery_id]:
        version = held.record
        if version.delivery.sequence < record.delivery.sequence:
            terms, meal = _place(file, version)
            case = _case(file, version, meal, terms, corrects=corrects)
            compared = [code for code in held.reasons if READS.get(code) in COMPARISONS]
            spoken = [*judge(case)[1], *compared]
            review = file.reviews.get((version.delivery_id, version.delivery.sequence))
            corrects = settle(spoken, review, terms.effects)[0] is not Status.VERIFIED
    return corrects


async def _write(session: AsyncSession, changes: Sequence[Change]) -> None:
    if not changes:
        return
    await decisions.change(session, changes, now())
    await announcements.tell(session, changes)


async def judge_neighbours(session: AsyncSession, versions: Sequence[tuple[UUID, int]]) -> None:
    """Judge those again that were compared with versions which have been replaced or refused."""
    lost = await repository.lost(session, versions)
    if lost:
        around = await repository.near(session, lost, rulebook().hurry)
        await judge_again(session, _beside(lost, around, {delivery_id for delivery_id, _ in versions}))


def _beside(turned: Sequence[Meal], around: Near, done: Collection[UUID]) -> list[Found]:
    """Deliveries beside one whose place among the others has changed. Earlier ones too: two that came at the same
    moment may have been judged the other way round."""
    found: dict[UUID, Found] = {}
    for gone in turned:
        key, shifts = (gone.senior_id, gone.service_date), set(gone.shifts_around(rulebook().hurry))
        for delivery_id, (_, meal, _counts) in around.items():
            beside = (meal.senior_id, meal.service_date) == key or not shifts.isdisjoint(meal.shifts)
            if beside and delivery_id not in done:
                found[delivery_id] = (delivery_id, meal.service_date, f"{NEIGHBOUR}{gone.delivery_id}")
    return list(found.values())

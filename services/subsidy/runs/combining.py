"""The last step of a calculation: several benefits of one senior in one month, across this run and those before it.

Seniors with the same benefits and sums are worked out once. One run at a time does it, in the transaction that closes
the run, so of two runs the later one sees what the earlier one left, and a crash leaves nothing half done.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import polars as pl
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy import packs as packs_of
from services.subsidy.engine import Pack
from services.subsidy.runs import benefits
from services.subsidy.runs.domain import Outcome
from services.subsidy.runs.models import RunScope
from services.subsidy.runs.stacking import Change, Less, Paid, Sums, ground, same, share, together
from shared.clock import Month

BENEFICIARY = "senior"


class Case(NamedTuple):
    """Seniors who are all alike: their benefits with the sums, and the packs that this run's lines go by."""

    sums: Mapping[str, Sums]
    packs: tuple[str, ...]
    less: Mapping[str, Less]


async def combine_run(session: AsyncSession, run_id: UUID, scopes: Sequence[RunScope]) -> None:
    """Pay each senior no more than may be had together. Nothing is read where every pair may be."""
    months: dict[date, list[RunScope]] = defaultdict(list)
    for one in scopes:
        months[one.month].append(one)
    known = await benefits.programmes(session, sorted(months))
    asked = [(month, mine, await _asked(session, month, mine, known[month])) for month, mine in months.items()]
    if not any(codes for _, _, codes in asked):
        return
    await benefits.one_at_a_time(session)
    for month, mine, codes in asked:
        if codes:
            await _combine_month(session, run_id, month, mine, codes)


async def _asked(session: AsyncSession, month: date, mine: Sequence[RunScope], known: Mapping[str, str]) -> list[str]:
    """The seniors' benefits of a month that may not simply be added to one that this run pays."""
    codes = [code for code, pack in known.items() if await _for_seniors(session, code, pack)]
    found: set[str] = set()
    for one in (one for one in mine if one.programme in codes):
        pack = await packs_of.recall(session, one.pack_hash)
        others = {code for code in codes if code != one.programme and not _added(pack, one.programme, code, month)}
        found |= {one.programme, *others} if others else set()
    return sorted(found)


async def _for_seniors(session: AsyncSession, programme: str, pack_hash: str) -> bool:
    law = (await packs_of.recall(session, pack_hash)).programmes.get(programme)
    return law is not None and law.beneficiary == BENEFICIARY


def _added(pack: Pack, one: str, other: str, month: date) -> bool:
    relation = pack.relation(one, other, month)
    return relation is not None and relation.choice == "ADD"


async def _combine_month(
    session: AsyncSession, run_id: UUID, month: date, mine: Sequence[RunScope], codes: Sequence[str]
) -> None:
    looked = [one.programme for one in mine]
    seniors, cases = alike(await benefits.of_seniors(session, run_id, month, codes, looked))
    law = {one.pack_hash: await packs_of.recall(session, one.pack_hash) for one in mine}
    solved = {
        number: Case(sums, packs, less)
        for number, (sums, packs) in enumerate(cases)
        if packs and (less := together([law[name] for name in packs], Month.of(month), sums))
    }
    touched = {senior: solved[number] for senior, number in seniors if number in solved}
    changes = list(_changes(await benefits.lines(session, run_id, month, list(touched)), touched))
    if changes:
        await benefits.rewrite(session, run_id, month, changes)
        await benefits.move_totals(session, run_id, _moves(changes))
        await benefits.count_again(session, run_id, sorted({change.line.scope for change in changes}))


def alike(found: pl.DataFrame) -> tuple[list[tuple[UUID, int]], list[tuple[dict[str, Sums], tuple[str, ...]]]]:
    """Each senior with the number of a case, and the cases: sums by programme, and packs. One benefit is no case."""
    names = ["programme", *Sums._fields, "first_pack", "last_pack"]
    grouped = (
        found.filter(pl.sum_horizontal(*Sums._fields) > 0)
        .sort("senior_id", "programme")
        .group_by("senior_id", maintain_order=True)
        .agg(pl.struct(names).alias("benefits"))
        .filter(pl.col("benefits").list.len() > 1)
    )
    numbers: dict[str, int] = {}
    cases: list[tuple[dict[str, Sums], tuple[str, ...]]] = []
    seniors: list[tuple[UUID, int]] = []
    for senior, rows in grouped.iter_rows():
        key = repr(rows)
        if key not in numbers:
            numbers[key] = len(cases)
            sums = {row["programme"]: Sums(*(row[name] for name in Sums._fields)) for row in rows}
            packs = {row[name] for row in rows for name in ("first_pack", "last_pack") if row[name]}
            cases.append((sums, tuple(sorted(packs))))
        seniors.append((UUID(senior), numbers[key]))
    return seniors, cases


def _changes(lines: Iterable[Paid], touched: Mapping[UUID, Case]) -> Iterable[Change]:
    """What is left goes to a benefit's lines in their order."""
    before: Counter[tuple[UUID, str]] = Counter()
    for line in lines:
        case, key = touched[line.senior_id], (line.senior_id, line.programme)
        less, first = case.less.get(line.programme), before[key]
        before[key] += line.amount_fen
        amount = share(less, first, line.amount_fen) if less else line.amount_fen
        if less is None or amount == line.amount_fen:
            continue
        kept = ground(less, case.sums, due=line.amount_fen, before=first, reason=line.reason, packs=case.packs)
        nothing_new = line.kind == "arrears" and amount == 0 and same(kept, line.earlier)
        yield Change(line, amount, less, None if nothing_new else kept)


def _moves(changes: Iterable[Change]) -> dict[int, Counter[str]]:
    """By how much the control totals of each scope change: who was paid is now paid less, refused, held or outside."""
    moves: dict[int, Counter[str]] = defaultdict(Counter)
    places = {Outcome.PAID.value: "paid", Outcome.HELD.value: "held"}
    for change in changes:
        place = places.get(change.outcome, "refused") if change.ground else "outside"
        moves[change.line.scope].update({"amount_fen": change.amount_fen - change.line.amount_fen})
        moves[change.line.scope].update({"paid": -1})
        moves[change.line.scope].update({place: 1})
    return moves

"""Use cases of determinations: judge one subject. The same path as a run: a batch of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import polars as pl
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.determinations import repository
from services.subsidy.determinations.beside import Beside, rivals
from services.subsidy.determinations.schemas import (
    ChoiceOut,
    DeterminationIn,
    DeterminationOut,
    EntitlementOut,
    ListingOut,
    Trace,
)
from services.subsidy.engine import Pack, Packs, UnknownRegion, explain, reference_day, render
from services.subsidy.engine.printed import DRAFT
from services.subsidy.engine.render import say
from services.subsidy.engine.stacking import combine
from services.subsidy.errors import NoPolicy, SubjectNotFound
from services.subsidy.inputs.domain import FACTS, Facts, beneficiary_kind
from services.subsidy.runs import lines as lines_of
from services.subsidy.runs import repository as runs
from services.subsidy.runs.schemas import LineOut
from services.subsidy.subjects.repository import region_of
from shared.clock import Month
from shared.database import Database, Scope
from shared.errors import FieldError
from shared.language import Language

NOTHING_KNOWN = {
    "zh": "本月没有与此项目有关的事实记录,不发放。",
    "en": "No facts that concern this programme are on record for this month: nothing is paid.",
}


@dataclass(frozen=True)
class Judged:
    """One subject's facts, and what is due on them."""

    pack: Pack
    rows: repository.Rows
    entitled: pl.DataFrame
    trace: dict[str, Any] | None


async def determine(
    session: AsyncSession,
    database: Database,
    packs: Packs,
    wanted: DeterminationIn,
    lang: Language,
    *,
    full: bool = False,
) -> DeterminationOut:
    """What is due to one senior or institution of the caller's regions.

    Whether the caller may ask is decided in his scope; the facts themselves are then read as a run reads them.
    """
    kind, subject = wanted.subject
    region = await region_of(session, kind, subject)
    if region is None:
        raise SubjectNotFound
    async with database.transaction(Scope.everywhere()) as facts_session:
        judged = await judge(facts_session, packs, region, wanted)
        due = await _month(facts_session, packs, region, wanted, judged)
    subjects = {UUID(one) for one in judged.entitled["senior_id"].drop_nulls()} | {subject}
    found = await runs.lines_for(session, wanted.month.first, wanted.programme, sorted(subjects))
    amount, outcome, reason = _overall(judged.entitled)
    combination = combine(judged.pack, wanted.month, due)
    claim = combination.claims.get(wanted.programme)
    other = Beside.of_claim(claim, due) if claim else None
    text = render(judged.trace, lang, full=full) if judged.trace else nothing_known(judged.pack, lang)
    if other:
        amount, outcome, reason = other.amount_fen, other.outcome, other.reason
        text = other.text(judged.pack, wanted.month, lang) + "\n" + text
    return DeterminationOut(
        programme=wanted.programme,
        month=wanted.month,
        pack_hash=judged.pack.hash,
        known_at=wanted.known_at,
        amount=amount,
        outcome=outcome,
        reason=reason,
        entitlements=_entitlements(judged.pack, wanted.programme, judged.entitled),
        trace=shown(judged.trace) if wanted.senior_id or judged.entitled["senior_id"].is_null().all() else None,
        together=other.shown(judged.pack, wanted.month, lang) if other else None,
        choices=[ChoiceOut.model_validate(choice) for choice in combination.choices],
        text=text,
        listings=await listings(session, judged.rows),
        lines=[LineOut.model_validate(line) for line in found],
    )


async def judge(session: AsyncSession, packs: Packs, region: str, wanted: DeterminationIn) -> Judged:
    """By the pack of where the senior's household lay, which may not be where the senior is registered now."""
    pack = _pack(packs, region, wanted.programme)
    rows = await _facts(session, pack, wanted)
    for other in await repository.regions(session, wanted.senior_id, [row["region"] for row in rows]):
        nearer = _pack_or_none(packs, other, wanted.programme)
        if nearer and nearer.hash != pack.hash:
            found = await _facts(session, nearer, wanted)
            if found and all(_decides(packs, nearer, row, wanted.programme) for row in found):
                pack, rows = nearer, found
    inputs = frame(facts_of(pack, wanted.programme), rows)
    entitled = lines_of.entitle(pack, wanted.programme, wanted.month, inputs)
    if wanted.institution_id and "institution_id" in inputs.columns:
        entitled = entitled.filter(pl.col("beneficiary_id") == str(wanted.institution_id))
    if wanted.institution_id and "organization_id" in inputs.columns:
        own = inputs.filter(pl.col("organization_id") == str(wanted.institution_id))
        entitled = entitled.filter(pl.col("application_id").is_in(own["application_id"].to_list()))
    return Judged(pack, rows, entitled, explained(pack, wanted.programme, wanted.month, inputs))


async def _month(
    session: AsyncSession, packs: Packs, region: str, wanted: DeterminationIn, judged: Judged
) -> dict[str, int]:
    """What is due to a senior of this benefit and of those that bear on it, each alone, in fen."""
    amount = int(judged.entitled["amount_fen"].sum()) if wanted.senior_id else 0
    due = {wanted.programme: amount}
    for code in rivals(judged.pack, wanted.programme, wanted.month) if amount else ():
        other = await judge(session, packs, region, wanted.model_copy(update={"programme": code}))
        due[code] = int(other.entitled["amount_fen"].sum())
    return due


def nothing_known(pack: Pack, lang: Language) -> str:
    """What is said where no facts are on record; by a draft nothing would be paid anyway."""
    return "\n".join([NOTHING_KNOWN[lang], *([say(DRAFT, lang)] if pack.status == DRAFT else [])])


def explained(pack: Pack, programme: str, month: Month, inputs: pl.DataFrame) -> dict[str, Any] | None:
    """The engine's trace of these inputs; None where there are none."""
    if inputs.is_empty():
        return None
    return explain(pack, programme, month, lines_of.prepared(pack, programme, month, inputs).to_dicts())


async def _facts(session: AsyncSession, pack: Pack, wanted: DeterminationIn) -> repository.Rows:
    facts = facts_of(pack, wanted.programme)
    if wanted.institution_id and facts.organization is None:
        en, zh = "This programme is determined senior by senior.", "该项目按老年人逐人认定。"
        raise NoPolicy(en, zh, [FieldError.of("/institution_id", "programme", en, zh)])
    return await repository.known(
        session,
        facts,
        programme=wanted.programme,
        month=wanted.month,
        day=reference_day(pack, wanted.programme, wanted.month),
        prefix=pack.prefix,
        senior_id=wanted.senior_id,
        institution_id=wanted.institution_id,
        known_at=wanted.known_at,
    )


def _pack(packs: Packs, region: str, programme: str) -> Pack:
    try:
        pack = packs.for_region(region)
    except UnknownRegion:
        raise NoPolicy(f"No policy covers {region}.", f"{region}没有适用的政策。") from None
    if programme not in pack.programmes:
        en, zh = f"The policy has no programme {programme}.", f"政策中没有项目{programme}。"
        raise NoPolicy(en, zh, [FieldError.of("/programme", "programme", en, zh)])
    return pack


def _pack_or_none(packs: Packs, region: str, programme: str) -> Pack | None:
    try:
        return _pack(packs, region, programme)
    except NoPolicy:
        return None


def _decides(packs: Packs, pack: Pack, row: Mapping[str, Any], programme: str) -> bool:
    """Whether a run would judge this row by this pack, and finds the household there."""
    own = _pack_or_none(packs, row["region"], programme)
    return own is not None and own.hash == pack.hash and bool(row.get("household_here", True))


def facts_of(pack: Pack, programme: str) -> Facts:
    """The kind of facts a programme is fed with."""
    return FACTS[pack.programmes[programme].source]


def frame(facts: Facts, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows of the database as the frame that a run reads."""
    data = [{name: plain(row[name]) for name in facts.columns} for row in rows]
    return pl.DataFrame(data, schema=lines_of.schema(facts))


def plain(value: object) -> object:
    """A value of a row as a frame holds it: ids as text, facts as JSON."""
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    return str(value) if isinstance(value, UUID) else value


def _overall(entitled: pl.DataFrame) -> tuple[int, str, str | None]:
    if entitled.is_empty():
        return 0, "not_eligible", "no_facts"
    amount = int(entitled["amount_fen"].sum())
    first = entitled.sort("amount_fen").row(0, named=True)
    return amount, "paid" if amount else first["outcome"], first["reason"]


def _entitlements(pack: Pack, programme: str, entitled: pl.DataFrame) -> list[EntitlementOut]:
    kind = beneficiary_kind(pack.programmes[programme].payee)
    return [
        EntitlementOut(beneficiary_kind=kind, amount=row.pop("amount_fen"), **row)
        for row in entitled.drop("region", "outside").iter_rows(named=True)
    ]


async def listings(session: AsyncSession, rows: repository.Rows) -> list[ListingOut]:
    """The discipline listings of everybody whom these rows name."""
    names = ("senior_id", "institution_id", "vendor_id", "organization_id")
    subjects = {str(row[name]) for row in rows for name in names if row.get(name)}
    found = await repository.listings(session, sorted(subjects)) if subjects else []
    return [ListingOut.model_validate(dict(listing)) for listing in found]


def shown(trace: dict[str, Any] | None) -> Trace | None:
    """A trace as the API shows it."""
    return Trace(trace) if trace else None

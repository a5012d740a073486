"""What one senior is entitled to: every benefit of her region in plain words 应享待遇一览."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.applications.columns import asked
from services.subsidy.determinations import service
from services.subsidy.determinations.schemas import ChoiceOut, DeterminationIn, EntitlementItem, EntitlementsOut
from services.subsidy.engine import Pack, Packs, UnknownRegion, explain
from services.subsidy.engine.model import Text
from services.subsidy.engine.plain import Said, beside, nothing_known, said
from services.subsidy.engine.printed import DRAFT, in_month
from services.subsidy.engine.programme import Programme
from services.subsidy.engine.render import say
from services.subsidy.engine.rules import Rules
from services.subsidy.engine.stacking import Combination, combine
from services.subsidy.errors import NoPolicy, SubjectNotFound
from services.subsidy.subjects.repository import region_of
from shared.clock import Month
from shared.database import Database, Scope
from shared.language import Language

REGISTER = "register_age"
SENIOR, PERSONS = "senior", ("senior", "household")
NO_FACTS = "no_facts"
HEAD = Text(zh="{month},这位老人({place})能享受的待遇:", en="What this senior of {place} is entitled to in {month}:")
SECTIONS = {
    "paid": Text(zh="现在有的:", en="There is now:"),
    "held": Text(zh="等工作人员核实的:", en="Waiting for a member of staff to look:"),
    "not_eligible": Text(zh="现在没有的:", en="Not now:"),
    "not_configured": Text(zh="还没有定下来的:", en="Not decided yet:"),
    NO_FACTS: Text(zh="没有记录或者还没有申请的:", en="Nothing on record, or not applied for:"),
}
INCOMPLETE = Text(
    zh="注意:本地现有的文件不完整,这里没有列出的待遇不能说没有。",
    en="Note: the available text of this place is incomplete; what is not named here may exist all the same.",
)
NONE = Text(zh="本地的文件没有给老年人个人的待遇。", en="The documents of this place have no benefit for a senior.")


@dataclass(frozen=True)
class Benefit:
    """One benefit as judged: fen, how it came out, and the words for it."""

    pack: Pack
    law: Programme
    amount_fen: int
    outcome: str
    said: Said
    alone_fen: int = 0


@dataclass(frozen=True)
class Question:
    """Who asks about whom, for which month, in which language, and the packs in use."""

    packs: Packs
    senior_id: UUID
    month: Month
    lang: Language
    full: bool = False


async def entitlements(session: AsyncSession, database: Database, question: Question) -> EntitlementsOut:
    """Every benefit for a senior of the caller's regions in a month."""
    region = await region_of(session, SENIOR, question.senior_id)
    if region is None:
        raise SubjectNotFound
    try:
        pack = question.packs.for_region(region)
    except UnknownRegion:
        raise NoPolicy(f"No policy covers {region}.", f"{region}没有适用的政策。") from None
    hers = [law for law in pack.programmes.values() if law.beneficiary in PERSONS]
    async with database.transaction(Scope.everywhere()) as facts:
        found = [await _benefit(facts, question, region, pack, law) for law in hers]
    together = combined(pack, question.month, found, question.lang)
    combination = _combination(pack, question.month, found)
    return EntitlementsOut(
        senior_id=question.senior_id,
        month=question.month,
        region=region,
        pack_hash=pack.hash,
        items=[_item(benefit, question.lang) for benefit in together],
        best=_best(combination),
        choices=[ChoiceOut.model_validate(choice) for choice in combination.choices],
        text=_text(pack, question.month, together, question.lang),
    )


async def _benefit(session: AsyncSession, question: Question, region: str, pack: Pack, law: Programme) -> Benefit:
    """One benefit by itself. What nobody may have in this month needs no facts to say so, but for the age, by which
    is told what the law grants already."""
    senior_id, month, lang, full = question.senior_id, question.month, question.lang, question.full
    if Rules(pack, law, month).shut and law.source != REGISTER:
        trace = explain(pack, law.code, month, {"subject_id": str(senior_id)})
        return Benefit(pack, law, 0, trace["outcome"], said(trace, lang, full=full))
    wanted = DeterminationIn(programme=law.code, month=month, senior_id=senior_id)
    judged = await service.judge(session, question.packs, region, wanted)
    if judged.trace is None:
        needs = [each.label for each in asked(pack, law.code).values() if each.needed]
        told = nothing_known(law.source, needs if law.source == "application" else (), lang)
        return Benefit(pack, law, 0, NO_FACTS, told)
    amount = int(judged.trace["amount_fen"])
    return Benefit(judged.pack, law, amount, judged.trace["outcome"], said(judged.trace, lang, full=full), amount)


def combined(pack: Pack, month: Month, found: Sequence[Benefit], lang: Language) -> list[Benefit]:
    """The benefits beside one another."""
    claims = _combination(pack, month, found).claims
    together = []
    for each in found:
        claim = claims.get(each.law.code)
        if claim is None or claim.reason is None:
            together.append(each)
            continue
        outcome = "paid" if claim.amount_fen else "held" if claim.rule is None else "not_eligible"
        told = beside(pack, claim, each.said, lang)
        together.append(replace(each, amount_fen=claim.amount_fen, outcome=outcome, said=told))
    return together


def _combination(pack: Pack, month: Month, found: Sequence[Benefit]) -> Combination:
    """The one place where what may be had together is asked."""
    mine = {each.law.code: each for each in found if each.law.beneficiary == SENIOR and each.pack.hash == pack.hash}
    return combine(pack, month, {code: each.alone_fen for code, each in mine.items()})


def _best(combination: Combination) -> ChoiceOut | None:
    """What is paid, where something else could be chosen."""
    paid = [code for code, claim in combination.claims.items() if claim.amount_fen]
    return ChoiceOut(programmes=paid, total_fen=combination.total_fen) if combination.choices else None


def _item(benefit: Benefit, lang: Language) -> EntitlementItem:
    told, law = benefit.said, benefit.law
    return EntitlementItem(
        programme=law.code,
        name=str(getattr(law.name, lang)),
        form=law.form,
        outcome=benefit.outcome,
        alone=benefit.alone_fen,
        amount=benefit.amount_fen,
        headline=told.headline,
        because=list(told.because),
        undecided=list(told.undecided),
        change=list(told.change),
        text=told.text(lang),
    )


def _text(pack: Pack, month: Month, found: Sequence[Benefit], lang: Language) -> str:
    """All of it to be read aloud: what there is, what waits, what there is not."""
    when, place = getattr(in_month(month), lang), getattr(pack.name, lang)
    lines = [str(getattr(HEAD, lang)).format(month=when, place=place)]
    for outcome, heading in SECTIONS.items():
        mine = [each for each in found if each.outcome == outcome]
        if mine:
            lines.append(getattr(heading, lang))
        for number, each in enumerate(mine, start=1):
            gap = ":" if lang == "zh" else ": "
            lines.append(f"{number}. {getattr(each.law.name, lang)}{gap}{each.said.text(lang)}")
    if not found:
        lines.append(getattr(NONE, lang))
    if any(document.completeness == "incomplete" for document in pack.content.documents.values()):
        lines.append(getattr(INCOMPLETE, lang))
    if pack.status == DRAFT:
        lines.append(say(DRAFT, lang))
    if pack.content.note:
        lines.append({"zh": "注意:", "en": "Note: "}[lang] + getattr(pack.content.note, lang))
    return "\n".join(lines)

"""Use cases of stored lines 明细: explain one, prove one. Worked out again from what the run froze."""

from __future__ import annotations

from uuid import UUID

import polars as pl
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy import packs as packs_of
from services.subsidy.determinations import repository, service
from services.subsidy.determinations.beside import Beside
from services.subsidy.determinations.schemas import ExplanationOut, ProofOut
from services.subsidy.engine import render
from services.subsidy.errors import LineNotFound
from services.subsidy.runs import lines as lines_of
from services.subsidy.runs import repository as runs
from services.subsidy.runs.models import Line
from services.subsidy.runs.schemas import LineOut
from services.subsidy.runs.stacking import again
from shared.clock import Month
from shared.language import Language
from shared.money import to_yuan

WITHDRAWN = {
    "zh": "此前据以发放的事实已被撤销,应发金额为零。",
    "en": "The facts on which this was paid have been withdrawn: nothing is due.",
}
CORRECTION = {
    "zh": "本条为{kind}:按现有事实应发{due}元,此前已定{before}元,差额{amount}元。",
    "en": "This line is a correction ({kind}): due on the facts known now {due} yuan, decided before {before} yuan,"
    " difference {amount} yuan.",
}
KINDS = {"zh": {"arrears": "补发", "recovery": "追缴"}, "en": {"arrears": "back-pay", "recovery": "recovery"}}


async def _find(session: AsyncSession, line_id: UUID) -> Line:
    line = await runs.line(session, line_id)
    if line is None:
        raise LineNotFound
    return line


async def _again(session: AsyncSession, line: Line) -> service.Judged:
    """A line's frozen inputs under its own pack, calculated once more."""
    pack = await packs_of.recall(session, line.pack_hash)
    facts, month = service.facts_of(pack, line.programme), Month.of(line.month)
    rows = await repository.frozen(session, facts, line)
    entitled = lines_of.entitle(pack, line.programme, month, service.frame(facts, rows))
    mine = entitled.filter(
        pl.col("beneficiary_id") == str(line.beneficiary_id),
        pl.col("application_id").eq_missing(service.plain(line.application_id)),
    )
    payee = facts.payee_column(pack.programmes[line.programme].payee)
    told = rows if facts.row_key else [row for row in rows if str(row[payee]) == str(line.beneficiary_id)]
    return service.Judged(pack, told, mine, service.explained(pack, line.programme, month, service.frame(facts, told)))


async def explain_line(session: AsyncSession, line_id: UUID, lang: Language, *, full: bool = False) -> ExplanationOut:
    """Why a line is what it is, in the words of its own policy; a correction also says against what."""
    line = await _find(session, line_id)
    judged = await _again(session, line)
    before = await runs.lines_before(session, line)
    text = render(judged.trace, lang, full=full) if judged.trace else WITHDRAWN[lang]
    if line.kind != "regular":
        due = int(judged.entitled["amount_fen"].sum())
        words = {"due": to_yuan(due), "before": to_yuan(before), "amount": to_yuan(line.amount_fen)}
        text = CORRECTION[lang].format(kind=KINDS[lang][line.kind], **words) + "\n" + text
    if line.stacking:
        found = Beside.of_line(line.programme, line.amount_fen, line.reason or "", line.stacking)
        text = found.text(judged.pack, Month.of(line.month), lang) + "\n" + text
    return ExplanationOut(
        line=LineOut.model_validate(line),
        decided_before=before,
        trace=service.shown(judged.trace),
        text=text,
        listings=await service.listings(session, judged.rows),
    )


async def prove_line(session: AsyncSession, line_id: UUID) -> ProofOut:
    """Calculate a line again from what its run froze, and compare; where another benefit of the month took something
    off, by what the line keeps of that one."""
    line = await _find(session, line_id)
    judged = await _again(session, line)
    recomputed = int(judged.entitled["amount_fen"].sum())
    reason = line.stacking["reason"] if line.stacking else line.reason
    if line.kind != "regular":
        recomputed -= await runs.lines_before(session, line)
    elif reason == lines_of.PAID_ELSEWHERE:
        recomputed = max(0, recomputed - await runs.lines_before(session, line))
    beside = line.stacking["packs"] if line.stacking else []
    if line.stacking:
        law = [await packs_of.recall(session, name) for name in beside]
        recomputed = again(law, line.programme, Month.of(line.month), line.stacking, recomputed)
    scope = await runs.scope(session, line.run_id, line.scope)
    unaltered = await packs_of.are_unaltered(session, [line.pack_hash, *beside])
    return ProofOut(
        line_id=line.id,
        equal=unaltered and recomputed == line.amount_fen,
        law_unaltered=unaltered,
        stored=line.amount_fen,
        recomputed=recomputed,
        pack_hash=line.pack_hash,
        input_hash=scope.input_hash,
    )

"""A last look before money leaves: every line is judged once more, on what is known now, by its own law.

Whatever a look back would take back is held: who died, moved, left, was listed or put on hold, whose paper was
withdrawn. The same path as a run, so that what a run learns to look at is looked at here.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy import packs
from services.subsidy.determinations.service import frame
from services.subsidy.engine import Pack, reference_day
from services.subsidy.engine.wording import Words
from services.subsidy.inputs import facts as facts_sql
from services.subsidy.inputs.domain import APPLICATION, FACTS, Facts
from services.subsidy.runs import lines as lines_of
from shared.clock import Month

BULK = 10_000
PENDING = "account_change_pending"
REASONS = {
    PENDING: ("a change of the bank account or of who this is waits for a decision", "收款账户或身份变更待审核"),
    lines_of.FACTS_WITHDRAWN: ("what it is paid for is not on record any more", "据以发放的事实已撤销"),
    lines_of.FACTS_CHANGED: ("the facts have changed since it was approved", "审批后事实发生变化"),
}
"""Why a row is held, beside the reasons of the policy."""
Key = tuple[UUID, UUID | None, UUID | None]
_WHOSE = "s.senior_id = ANY (CAST(:subjects AS uuid[]))"
_SAME = (
    "s.subject IN (SELECT a.subject FROM applications a"
    " WHERE a.id = ANY (CAST(:subjects AS uuid[])) AND a.programme = CAST(:programme AS text))"
)


async def grounds(session: AsyncSession, due: Sequence[Any]) -> dict[UUID, str]:
    """Which of the lines ``due`` must wait, and why: a code of the policy or of REASONS.

    A line waits when less is due now than its account has decided; the next look back decides, or the ground goes.
    """
    groups: dict[tuple[str, str, date], list[Any]] = defaultdict(list)
    for line in due:
        groups[line.newest_pack, line.programme, line.month].append(line)
    held: dict[UUID, str] = {}
    for (pack_hash, programme, month), lines in groups.items():
        pack = await packs.recall(session, pack_hash)
        for part in _parts(lines):
            now = await _due(session, pack, programme, Month.of(month), part)
            for line in part:
                fen, reason = now.get(_key(line), (0, lines_of.FACTS_WITHDRAWN))
                if fen < line.decided:
                    held[line.id] = reason
    return held


def _parts(lines: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (lines[start : start + BULK] for start in range(0, len(lines), BULK))


def _key(line: Any) -> Key:  # noqa: ANN401  # a row
    """What a line's account is about, within its programme and month."""
    return line.beneficiary_id, line.senior_id, None if line.senior_id else line.application_id


async def _due(
    session: AsyncSession, pack: Pack, programme: str, month: Month, lines: Sequence[Any]
) -> dict[Key, tuple[int, str]]:
    """What is due now, in fen, and the reason why it is not more."""
    facts = FACTS[pack.programmes[programme].source]
    rows = await session.execute(
        text(_query(facts)),
        {
            "programme": programme,
            "first": month.first,
            "last": month.last,
            "day": reference_day(pack, programme, month),
            "prefix": pack.prefix,
            "subjects": list({getattr(line, facts.key) for line in lines}),
        },
    )
    inputs = frame(facts, [dict(row) for row in rows.mappings()])
    entitled = await asyncio.to_thread(lines_of.entitle, pack, programme, month, inputs)
    return _by_account(entitled)


def _query(facts: Facts) -> str:
    if facts is APPLICATION:
        return facts_sql.query(facts, _SAME)
    return facts_sql.query(facts, _WHOSE, meals="f.senior_id = ANY (CAST(:subjects AS uuid[]))")


def _by_account(entitled: pl.DataFrame) -> dict[Key, tuple[int, str]]:
    found: dict[Key, tuple[int, str]] = {}
    for row in entitled.sort("amount_fen").iter_rows(named=True):
        senior, paper = row["senior_id"], row["application_id"]
        key = (
            UUID(row["beneficiary_id"]),
            UUID(senior) if senior else None,
            UUID(paper) if paper and not senior else None,
        )
        fen, reason = found.get(key, (0, None))
        found[key] = fen + row["amount_fen"], reason or row["reason"] or lines_of.FACTS_CHANGED
    return found


def words(pack: Pack, code: str) -> dict[str, str]:
    """What a code of a held row says, in Chinese and in English."""
    if code in REASONS:
        en, zh = REASONS[code]
        return {"zh": zh, "en": en}
    return Words(pack.content.labels).reason(code, None)

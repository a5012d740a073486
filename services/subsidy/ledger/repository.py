"""Every statement about accounts and their entries. Whoever reckons with accounts locks them first, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_GONE = "('sent', 'arrived', 'offset_in', 'returned')"
_SIGNED = "CASE e.kind WHEN 'returned' THEN -e.amount_fen ELSE e.amount_fen END"
_OF_RUN = "SELECT DISTINCT account_id FROM ledger WHERE run_id = :run_id"
_OF_LINES = "SELECT DISTINCT account_id FROM ledger WHERE kind = 'decided' AND line_id = ANY (:lines)"
_SHARES = f"""
    mine AS MATERIALIZED ({{accounts}}),
    e AS MATERIALIZED (
        SELECT e.account_id, e.line_id, e.run_id, e.kind, {_SIGNED} AS fen FROM ledger e JOIN mine USING (account_id)),
    sums AS (
        SELECT account_id, coalesce(sum(fen) FILTER (WHERE kind = 'decided'), 0) AS decided,
               coalesce(sum(fen) FILTER (WHERE kind IN {_GONE}), 0) AS gone,
               coalesce(sum(fen) FILTER (WHERE kind IN ('repaid', 'offset_out')), 0) AS back
        FROM e GROUP BY account_id),
    rooms AS (
        SELECT account_id, line_id, max(run_id::text)::uuid AS run_id,
               sum(CASE kind WHEN 'decided' THEN fen ELSE -fen END) AS room
        FROM e WHERE kind = 'decided' OR kind IN {_GONE} GROUP BY account_id, line_id
        HAVING sum(CASE kind WHEN 'decided' THEN fen ELSE -fen END) > 0),
    marked AS (
        SELECT r.*, r.line_id IN (SELECT i.line_id FROM payment_items i WHERE i.state IN ('returned', 'disputed'))
            AS waits FROM rooms r),
    shares AS (
        SELECT m.account_id, m.line_id, m.run_id, m.waits, s.decided::bigint AS decided, s.gone::bigint AS gone,
               s.back::bigint AS back,
               least(m.room, greatest(0, s.decided - s.gone + s.back - coalesce(sum(m.room) OVER (
                   PARTITION BY m.account_id ORDER BY m.waits DESC, m.line_id DESC
                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)))::bigint AS fen
        FROM marked m JOIN sums s USING (account_id))
"""
"""Each line's share of what its account may still send: a line that waits for a person first, then the newest."""
SHARES_OF_RUN = _SHARES.format(accounts=_OF_RUN)
SHARES_OF_LINES = _SHARES.format(accounts=_OF_LINES)


async def post_run(session: AsyncSession, run_id: UUID, by: str) -> None:
    """What an approved run decided, line by line, into the accounts; locks them."""
    await session.execute(text("SELECT post_decided(:run_id, :by)"), {"run_id": run_id, "by": by})


async def lock_run(session: AsyncSession, run_id: UUID) -> None:
    """Every account that a run decided about, until the transaction ends."""
    await _lock(session, _OF_RUN, run_id=run_id)


async def lock_lines(session: AsyncSession, lines: Sequence[UUID]) -> None:
    """The accounts of some lines, until the transaction ends."""
    await _lock(session, _OF_LINES, lines=list(lines))


async def lock(session: AsyncSession, accounts: Sequence[UUID]) -> None:
    """Some accounts, until the transaction ends."""
    await _lock(session, "SELECT unnest(CAST(:ids AS uuid[]))", ids=list(accounts))


async def _lock(session: AsyncSession, whose: str, **values: object) -> None:
    query = f"SELECT count(*) FROM (SELECT FROM accounts WHERE id IN ({whose}) ORDER BY id FOR UPDATE) locked"
    await session.execute(text(query), values)


async def account_of(session: AsyncSession, line_id: UUID) -> UUID | None:
    """The account that a line was decided into; None while its run is not approved."""
    found: UUID | None = await session.scalar(
        text("SELECT account_id FROM ledger WHERE line_id = :line_id AND kind = 'decided'"), {"line_id": line_id}
    )
    return found


async def share(session: AsyncSession, line_id: UUID) -> int:
    """What of a line may still go out, in fen; nothing while a person has to look at it."""
    found = await session.scalar(
        text(f"WITH {SHARES_OF_LINES} SELECT fen FROM shares WHERE line_id = :line_id AND NOT waits"),
        {"lines": [line_id], "line_id": line_id},
    )
    return int(found or 0)


async def add(session: AsyncSession, entries: Sequence[dict[str, Any]]) -> None:
    """Entries that belong together, in one statement; the database refuses them if the accounts would not hold."""
    names = (
        "account_id", "kind", "amount_fen", "line_id", "recovery_id", "request_id", "document_no", "note",
        "recorded_by", "confirmed_by",
    )  # fmt: skip
    rows = ", ".join(f"({', '.join(f':{name}_{n}' for name in names)})" for n in range(len(entries)))
    values = {f"{name}_{n}": entry.get(name) for n, entry in enumerate(entries) for name in names}
    await session.execute(text(f"INSERT INTO ledger ({', '.join(names)}) VALUES {rows}"), values)


async def add_sent(session: AsyncSession, batch_id: UUID, month: date, by: str) -> None:
    """A batch's rows that are in its file."""
    await session.execute(
        text(
            "INSERT INTO ledger (account_id, kind, amount_fen, line_id, batch_id, sequence, recorded_by)"
            " SELECT d.account_id, 'sent', i.amount_fen, i.line_id, i.batch_id, i.sequence, :by FROM payment_items i"
            " JOIN ledger d ON d.line_id = i.line_id AND d.kind = 'decided'"
            " WHERE i.batch_id = :batch_id AND i.month = :month AND i.state = 'sent' ORDER BY i.sequence"
        ),
        {"batch_id": batch_id, "month": month, "by": by},
    )


async def take_back(session: AsyncSession, batch_id: UUID, by: str) -> None:
    """A batch's rows whose file never left."""
    await session.execute(
        text(
            "INSERT INTO ledger (account_id, kind, amount_fen, line_id, batch_id, sequence, recorded_by)"
            " SELECT account_id, 'returned', amount_fen, line_id, batch_id, sequence, :by FROM ledger"
            " WHERE batch_id = :batch_id AND kind = 'sent' ORDER BY sequence"
        ),
        {"batch_id": batch_id, "by": by},
    )


async def add_answers(
    session: AsyncSession, batch_id: UUID, month: date, kinds: Sequence[tuple[int, str]], by: str
) -> None:
    """What became of a batch's rows: sequence and kind."""
    await session.execute(
        text(
            "INSERT INTO ledger (account_id, kind, amount_fen, line_id, batch_id, sequence, recorded_by)"
            " SELECT d.account_id, a.kind, i.amount_fen, i.line_id, i.batch_id, i.sequence, :by"
            " FROM unnest(CAST(:sequences AS int[]), CAST(:kinds AS text[])) AS a (sequence, kind)"
            " JOIN payment_items i ON i.batch_id = :batch_id AND i.month = :month AND i.sequence = a.sequence"
            " JOIN ledger d ON d.line_id = i.line_id AND d.kind = 'decided' ORDER BY i.sequence"
        ),
        {
            "batch_id": batch_id,
            "month": month,
            "by": by,
            "sequences": [sequence for sequence, _ in kinds],
            "kinds": [kind for _, kind in kinds],
        },
    )

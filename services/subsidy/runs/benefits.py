"""The SQL of several benefits in one month: who has them, which lines they are, and what is written back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import orjson
import polars as pl
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.runs.stacking import Change, Paid
from shared.tables import copy_query

_PROGRAMMES = """
    SELECT s.month, s.programme, min(s.pack_hash) AS pack_hash FROM run_scopes s JOIN runs r ON r.id = s.run_id
    WHERE s.month = ANY (:months) AND r.state NOT IN ('rejected', 'failed') GROUP BY s.month, s.programme
"""
_OF_SENIORS = """
    WITH mine AS MATERIALIZED (
        SELECT DISTINCT l.senior_id FROM lines l WHERE l.run_id = $1 AND l.month = $2 AND l.programme = ANY ($3)
        AND l.amount_fen > 0 AND l.senior_id IS NOT NULL
    ),
    standing AS (SELECT id FROM runs WHERE id = $1 OR state IN ('calculated', 'submitted', 'approved', 'paid'))
    SELECT senior_id, programme, decided, own, waiting, first_pack, last_pack FROM (
    SELECT l.senior_id, l.programme, count(*) OVER (PARTITION BY l.senior_id) AS benefits,
           coalesce(sum(l.amount_fen) FILTER (WHERE l.run_id <> $1 OR l.amount_fen < 0), 0)::bigint AS decided,
           coalesce(sum(l.amount_fen) FILTER (WHERE l.run_id = $1 AND l.amount_fen > 0), 0)::bigint AS own,
           CASE WHEN l.programme = ANY ($4) OR sum(l.amount_fen) > 0 THEN 0 ELSE
               coalesce(max((l.stacking->>'due_fen')::bigint) FILTER (WHERE l.outcome = 'held'), 0) END AS waiting,
           min(l.pack_hash) FILTER (WHERE l.run_id = $1) AS first_pack,
           max(l.pack_hash) FILTER (WHERE l.run_id = $1) AS last_pack
    FROM lines l JOIN mine USING (senior_id) JOIN standing r ON r.id = l.run_id
    WHERE l.month = $2 AND l.programme = ANY ($3) AND NOT l.void
    GROUP BY l.senior_id, l.programme
    ) found WHERE benefits > 1
"""
_SCHEMA = {
    "senior_id": pl.String(),
    "programme": pl.String(),
    "decided": pl.Int64(),
    "own": pl.Int64(),
    "waiting": pl.Int64(),
    "first_pack": pl.String(),
    "last_pack": pl.String(),
}
_LINES = """
    SELECT l.id, l.scope, l.senior_id, l.programme, l.kind, l.amount_fen, l.reason, earlier.stacking AS earlier
    FROM lines l LEFT JOIN LATERAL (
        SELECT e.stacking FROM lines e WHERE e.month = l.month AND NOT e.void
        AND e.senior_id = l.senior_id AND e.programme = l.programme AND e.beneficiary_id = l.beneficiary_id
        AND e.application_id IS NOT DISTINCT FROM l.application_id AND e.sequence = l.sequence - 1 LIMIT 1
    ) earlier ON l.kind = 'arrears'
    WHERE l.run_id = :run_id AND l.month = :month AND l.amount_fen > 0 AND l.senior_id = ANY (:seniors)
    ORDER BY l.id
"""
_REWRITE = """
    SELECT combine_lines(:run_id, :month, CAST(:ids AS uuid[]), CAST(:amounts AS bigint[]), CAST(:outcomes AS text[]),
        CAST(:reasons AS text[]), CAST(CAST(:grounds AS text[]) AS jsonb[]), CAST(:dropped AS uuid[]))
"""
_MOVE = """
    UPDATE run_scopes SET outside = outside + :outside, paid = paid + :paid, refused = refused + :refused,
        held = held + :held, amount_fen = amount_fen + :amount_fen
    WHERE run_id = :run_id AND scope = :scope
"""
_FORGET = """
    DELETE FROM run_notices WHERE run_id = :run_id AND scope = ANY (:scopes)
    AND outcome <> 'outside' AND kind <> 'disputed'
"""
_COUNT = """
    INSERT INTO run_notices (run_id, scope, region, programme, month, kind, outcome, reason, subjects, amount_fen)
    SELECT s.run_id, s.scope, s.region, s.programme, s.month,
           CASE WHEN s.regular THEN 'regular' ELSE 'adjustment' END,
           CASE WHEN s.regular OR l.amount_fen = 0 THEN l.outcome ELSE l.kind END, l.reason, count(*), sum(l.amount_fen)
    FROM run_scopes s JOIN lines l ON l.run_id = s.run_id AND l.scope = s.scope AND l.month = s.month
    WHERE s.run_id = :run_id AND s.scope = ANY (:scopes)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""


async def programmes(session: AsyncSession, months: Sequence[date]) -> dict[date, dict[str, str]]:
    """For each month, the programmes that any standing run has looked at, with a pack that knows them."""
    rows = await session.execute(text(_PROGRAMMES), {"months": months})
    found: dict[date, dict[str, str]] = {month: {} for month in months}
    for row in rows:
        found[row.month][row.programme] = row.pack_hash
    return found


async def one_at_a_time(session: AsyncSession) -> None:
    """Wait until no other run does this step."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('subsidy-stacking'))"))


async def of_seniors(
    session: AsyncSession, run_id: UUID, month: date, codes: Sequence[str], looked: Sequence[str]
) -> pl.DataFrame:
    """What the seniors whom this run pays have of some programmes in a month; ``looked`` are those it looked at."""
    csv = await copy_query(session, _OF_SENIORS, run_id, month, list(codes), list(looked))
    return pl.read_csv(csv, schema=_SCHEMA)


async def lines(session: AsyncSession, run_id: UUID, month: date, seniors: Sequence[UUID]) -> list[Paid]:
    """The lines of this run that pay these seniors something in a month."""
    if not seniors:
        return []
    rows = await session.execute(text(_LINES), {"run_id": run_id, "month": month, "seniors": list(seniors)})
    return [Paid(*row) for row in rows]


async def rewrite(session: AsyncSession, run_id: UUID, month: date, changes: Sequence[Change]) -> None:
    """Pay these lines less; the database refuses it once the run is closed."""
    kept = [change for change in changes if change.ground]
    values = {
        "run_id": run_id,
        "month": month,
        "ids": [change.line.id for change in kept],
        "amounts": [change.amount_fen for change in kept],
        "outcomes": [change.outcome for change in kept],
        "reasons": [change.less.reason for change in kept],
        "grounds": [orjson.dumps(change.ground).decode() for change in kept],
        "dropped": [change.line.id for change in changes if not change.ground],
    }
    await session.execute(text(_REWRITE), values)


async def move_totals(session: AsyncSession, run_id: UUID, moves: Mapping[int, Mapping[str, int]]) -> None:
    """Change control totals by so much, scope by scope; the database checks that nobody got lost."""
    names = ("outside", "paid", "refused", "held", "amount_fen")
    rows = [{name: move.get(name, 0) for name in names} | {"scope": scope} for scope, move in moves.items()]
    await session.execute(text(_MOVE), [row | {"run_id": run_id} for row in rows])


async def count_again(session: AsyncSession, run_id: UUID, scopes: Sequence[int]) -> None:
    """Count the reasons of these scopes anew from their lines; those outside have none and stay."""
    values = {"run_id": run_id, "scopes": list(scopes)}
    await session.execute(text(_FORGET), values)
    await session.execute(text(_COUNT), values)

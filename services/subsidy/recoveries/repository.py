"""Every statement about recoveries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.recoveries.domain import RequestState
from services.subsidy.recoveries.models import Recovery, RecoveryRequest


class Balance(NamedTuple):
    """A recovery in fen: claimed at first, closed under its name, and what is still owed of it."""

    opened: int
    closed: int
    owed: int


async def open_for(session: AsyncSession, run_id: UUID) -> Sequence[Recovery]:
    """A recovery for every recovery line of a run."""
    await session.execute(
        text(
            "INSERT INTO recoveries (account_id, line_id, corrects_line_id, run_id, region, programme, month,"
            " beneficiary_kind, beneficiary_id, senior_id, reason, opened_fen) SELECT d.account_id, l.id,"
            " l.corrects_line_id, l.run_id, l.region, l.programme, l.month, l.beneficiary_kind, l.beneficiary_id,"
            " l.senior_id, l.reason, -l.amount_fen FROM lines l"
            " JOIN ledger d ON d.line_id = l.id AND d.kind = 'decided'"
            " WHERE l.run_id = :run_id AND l.kind = 'recovery' ORDER BY l.id"
            " ON CONFLICT (line_id) WHERE reason <> 'paid_twice' DO NOTHING"
        ),
        {"run_id": run_id},
    )
    found = await session.scalars(select(Recovery).where(Recovery.run_id == run_id).order_by(Recovery.id))
    return found.all()


async def open_beyond(session: AsyncSession, line_ids: Sequence[UUID], reason: str) -> None:
    """A recovery for what the accounts of some lines owe beyond all their recoveries: the bank paid a line twice, or
    once more. Whoever calls has locked the accounts, so that nothing is claimed twice."""
    await session.execute(
        text(
            "WITH mine AS (SELECT d.account_id, max(d.line_id::text)::uuid AS line_id FROM ledger d"
            " WHERE d.kind = 'decided' AND d.line_id = ANY (:lines) GROUP BY 1),"
            " owed AS (SELECT e.account_id, sum(CASE WHEN e.kind IN"
            " ('sent', 'arrived', 'offset_in', 'waiver_withdrawn') THEN e.amount_fen WHEN e.kind = 'settled' THEN 0"
            " ELSE -e.amount_fen END) AS fen FROM ledger e JOIN mine USING (account_id) GROUP BY 1),"
            " known AS (SELECT r.account_id, sum(b.balance_fen) AS fen"
            " FROM recovery_balances((SELECT array_agg(account_id) FROM mine)) b"
            " JOIN recoveries r ON r.id = b.recovery_id GROUP BY 1)"
            " INSERT INTO recoveries (account_id, line_id, corrects_line_id, run_id, region, programme, month,"
            " beneficiary_kind, beneficiary_id, senior_id, reason, opened_fen)"
            " SELECT m.account_id, l.id, l.id, l.run_id, l.region, l.programme, l.month, l.beneficiary_kind,"
            " l.beneficiary_id, l.senior_id, :reason, o.fen - coalesce(k.fen, 0) FROM mine m"
            " JOIN owed o USING (account_id) LEFT JOIN known k USING (account_id) JOIN lines l ON l.id = m.line_id"
            " WHERE o.fen > coalesce(k.fen, 0) ORDER BY l.id"
        ),
        {"lines": list(line_ids), "reason": reason},
    )


async def of_lines(session: AsyncSession, line_ids: Sequence[UUID]) -> Sequence[Recovery]:
    """The recoveries in the accounts of some lines."""
    accounts = text("account_id IN (SELECT d.account_id FROM ledger d WHERE d.line_id = ANY (:lines))")
    found = await session.scalars(select(Recovery).where(accounts).order_by(Recovery.id), {"lines": list(line_ids)})
    return found.all()


async def balances(session: AsyncSession, found: Sequence[Recovery]) -> dict[UUID, Balance]:
    """What became of some recoveries, by the sums of their accounts."""
    rows = await session.execute(
        text("SELECT * FROM recovery_balances(CAST(:accounts AS uuid[]))"),
        {"accounts": list({one.account_id for one in found})},
    )
    return {row.recovery_id: Balance(row.opened_fen, row.closed_fen, row.balance_fen) for row in rows}


async def get(session: AsyncSession, recovery_id: UUID) -> Recovery | None:
    """A recovery the caller may see."""
    return await session.scalar(select(Recovery).where(Recovery.id == recovery_id))


async def entries(session: AsyncSession, recovery_id: UUID) -> Sequence[Any]:
    """What was entered against a recovery, in its order; an offset once, in the recovery's own account."""
    rows = await session.execute(
        text(
            "SELECT id, CASE kind WHEN 'offset_out' THEN 'offset' ELSE kind END AS kind,"
            " CASE kind WHEN 'waiver_withdrawn' THEN amount_fen ELSE -amount_fen END AS amount_fen,"
            " line_id, document_no, note, recorded_by, confirmed_by, recorded_at FROM ledger"
            " WHERE recovery_id = :recovery_id AND kind <> 'offset_in' ORDER BY recorded_at, id"
        ),
        {"recovery_id": recovery_id},
    )
    return rows.all()


async def opened_by(session: AsyncSession, line_id: UUID) -> str:
    """Who approved the run that found it."""
    found = await session.scalar(
        text("SELECT recorded_by FROM ledger WHERE line_id = :line_id AND kind = 'decided'"), {"line_id": line_id}
    )
    return str(found)


async def requests(session: AsyncSession, recovery_id: UUID) -> Sequence[RecoveryRequest]:
    """What was asked to be entered, the oldest first."""
    query = select(RecoveryRequest).where(RecoveryRequest.recovery_id == recovery_id)
    return (await session.scalars(query.order_by(RecoveryRequest.id))).all()


async def request(session: AsyncSession, recovery_id: UUID, request_id: UUID) -> RecoveryRequest | None:
    """One of them, locked."""
    query = select(RecoveryRequest).where(RecoveryRequest.id == request_id, RecoveryRequest.recovery_id == recovery_id)
    return await session.scalar(query.with_for_update())


async def proposed(session: AsyncSession, recovery_id: UUID, *, line_id: UUID | None = None) -> int:
    """What undecided requests would close of a recovery, or take off a line, in fen."""
    query = select(func.coalesce(func.sum(RecoveryRequest.amount_fen), 0)).where(
        RecoveryRequest.state == RequestState.PROPOSED, RecoveryRequest.kind != "waiver_withdrawn"
    )
    mine = RecoveryRequest.line_id == line_id if line_id else RecoveryRequest.recovery_id == recovery_id
    return int(await session.scalar(query.where(mine)) or 0)


async def forgiven(session: AsyncSession, recovery_id: UUID) -> int:
    """What of a recovery is given up and not claimed again, in fen."""
    found = await session.scalar(
        text(
            "SELECT coalesce(sum(CASE kind WHEN 'waived' THEN amount_fen ELSE -amount_fen END), 0) FROM ledger"
            " WHERE recovery_id = :recovery_id AND kind IN ('waived', 'waiver_withdrawn')"
        ),
        {"recovery_id": recovery_id},
    )
    return int(found or 0)


async def page(
    session: AsyncSession, before: UUID | None, limit: int, beneficiary_id: UUID | None
) -> Sequence[Recovery]:
    """Recoveries, the newest first."""
    query = select(Recovery).order_by(Recovery.id.desc()).limit(limit)
    query = query.where(Recovery.id < before) if before else query
    query = query.where(Recovery.beneficiary_id == beneficiary_id) if beneficiary_id else query
    return (await session.scalars(query)).all()


async def is_of(session: AsyncSession, line_id: UUID, one: Recovery) -> bool:
    """Whether a line the caller may see is paid to the same beneficiary, of the same kind, by an approved run."""
    found = await session.scalar(
        text(
            "SELECT EXISTS (SELECT FROM lines l JOIN runs r ON r.id = l.run_id AND r.state = 'approved'"
            " WHERE l.id = :line_id AND l.beneficiary_id = :beneficiary_id AND l.beneficiary_kind = :kind"
            " AND l.amount_fen > 0 AND NOT l.void)"
        ),
        {"line_id": line_id, "beneficiary_id": one.beneficiary_id, "kind": one.beneficiary_kind},
    )
    return bool(found)

"""Every statement about recoveries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.recoveries.models import Recovery, RecoveryEntry

UNPAID = """
    l.amount_fen + coalesce((SELECT sum(e.amount_fen) FROM recovery_entries e WHERE e.line_id = l.id), 0)
"""
"""What of a line ``l`` can still go out: its amount without what recoveries were offset against it."""
WITH_THE_BANK = "EXISTS (SELECT FROM payment_items i WHERE i.line_id = l.id AND i.state IN ('sent', 'settled'))"


async def open_for(session: AsyncSession, run_id: UUID) -> Sequence[Recovery]:
    """A recovery for every recovery line of a run."""
    await session.execute(
        text(
            "INSERT INTO recoveries (line_id, corrects_line_id, run_id, region, programme, month, beneficiary_kind,"
            " beneficiary_id, senior_id, reason) SELECT id, corrects_line_id, run_id, region, programme, month,"
            " beneficiary_kind, beneficiary_id, senior_id, reason FROM lines"
            " WHERE run_id = :run_id AND kind = 'recovery' ORDER BY id ON CONFLICT (line_id) DO NOTHING"
        ),
        {"run_id": run_id},
    )
    found = await session.scalars(select(Recovery).where(Recovery.run_id == run_id).order_by(Recovery.id))
    return found.all()


async def open_ledgers(session: AsyncSession, run_id: UUID, recorded_by: str) -> None:
    """The first entry of each: what is owed."""
    await session.execute(
        text(
            "INSERT INTO recovery_entries (recovery_id, region, kind, amount_fen, recorded_by)"
            " SELECT r.id, r.region, 'opened', -l.amount_fen, :by FROM recoveries r"
            " JOIN lines l ON l.id = r.line_id AND l.month = r.month WHERE r.run_id = :run_id"
        ),
        {"run_id": run_id, "by": recorded_by},
    )


async def offset_unpaid(session: AsyncSession, run_id: UUID, recorded_by: str) -> None:
    """What never left the house is taken off the corrected line instead of being claimed back."""
    await session.execute(
        text(
            "SELECT id FROM runs WHERE id IN (SELECT l.run_id FROM recoveries r"
            " JOIN lines l ON l.id = r.corrects_line_id AND l.month = r.month WHERE r.run_id = :run_id)"
            " ORDER BY id FOR UPDATE"
        ),
        {"run_id": run_id},
    )
    await session.execute(
        text(
            "INSERT INTO recovery_entries (recovery_id, region, kind, amount_fen, line_id, recorded_by)"
            f" SELECT r.id, r.region, 'offset', -least(-own.amount_fen, {UNPAID}), l.id, :by"
            " FROM recoveries r JOIN lines own ON own.id = r.line_id AND own.month = r.month"
            " JOIN lines l ON l.id = r.corrects_line_id AND l.month = r.month"
            f" WHERE r.run_id = :run_id AND NOT {WITH_THE_BANK} AND ({UNPAID}) > 0"
        ),
        {"run_id": run_id, "by": recorded_by},
    )


async def amounts(session: AsyncSession, recovery_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Per recovery: what was opened and what is still owed, in fen."""
    opened = func.sum(RecoveryEntry.amount_fen).filter(RecoveryEntry.kind == "opened")
    rows = await session.execute(
        select(RecoveryEntry.recovery_id, opened, func.sum(RecoveryEntry.amount_fen))
        .where(RecoveryEntry.recovery_id.in_(recovery_ids))
        .group_by(RecoveryEntry.recovery_id)
    )
    return {recovery_id: (int(total), int(owed)) for recovery_id, total, owed in rows}


async def get(session: AsyncSession, recovery_id: UUID, *, for_update: bool = False) -> Recovery | None:
    """A recovery the caller may see. Locked through an advisory lock, because the row itself never changes."""
    if for_update:
        await session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))"), {"id": f"recovery {recovery_id}"}
        )
    return await session.scalar(select(Recovery).where(Recovery.id == recovery_id))


async def entries(session: AsyncSession, recovery_id: UUID) -> Sequence[RecoveryEntry]:
    """The ledger in its order."""
    query = select(RecoveryEntry).where(RecoveryEntry.recovery_id == recovery_id)
    return (await session.scalars(query.order_by(RecoveryEntry.recorded_at, RecoveryEntry.id))).all()


async def page(
    session: AsyncSession, before: UUID | None, limit: int, beneficiary_id: UUID | None
) -> Sequence[Recovery]:
    """Recoveries, the newest first."""
    query = select(Recovery).order_by(Recovery.id.desc()).limit(limit)
    query = query.where(Recovery.id < before) if before else query
    query = query.where(Recovery.beneficiary_id == beneficiary_id) if beneficiary_id else query
    return (await session.scalars(query)).all()


async def payable(session: AsyncSession, line_id: UUID, beneficiary_id: UUID) -> Any:  # noqa: ANN401  # fen, or nothing
    """What of a beneficiary's approved line can still be offset; None when it is with the bank or not his.

    Locks the line's run, as the preparation of a payment batch does.
    """
    await session.execute(
        text("SELECT r.id FROM runs r JOIN lines l ON l.run_id = r.id WHERE l.id = :line_id FOR UPDATE OF r"),
        {"line_id": line_id},
    )
    return await session.scalar(
        text(
            f"SELECT {UNPAID} FROM lines l JOIN runs r ON r.id = l.run_id AND r.state = 'approved'"
            " WHERE l.id = :line_id AND l.beneficiary_id = :beneficiary_id AND l.amount_fen > 0"
            f" AND NOT {WITH_THE_BANK}"
        ),
        {"line_id": line_id, "beneficiary_id": beneficiary_id},
    )

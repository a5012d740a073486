"""Every statement about payment batches and their rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.payments.domain import Answer, ItemState
from services.subsidy.payments.models import Batch, Item, Return
from services.subsidy.recoveries.repository import UNPAID
from shared.clock import Month
from shared.database import copy_rows, ensure_month, partition_of

ITEM_COLUMNS = (
    "batch_id", "month", "sequence", "line_id", "line_month", "region", "programme", "beneficiary_kind",
    "beneficiary_id", "amount_fen", "remark", "account", "state",
)  # fmt: skip
_PAYABLE = f"""
    FROM lines l WHERE l.run_id = :run_id AND NOT l.void AND l.kind <> 'recovery' AND l.amount_fen > 0
    AND ({UNPAID}) > 0 AND NOT EXISTS (
        SELECT FROM payment_items i WHERE i.line_id = l.id AND i.state IN ('sent', 'settled', 'returned'))
"""


async def batch(session: AsyncSession, batch_id: UUID, *, for_update: bool = False) -> Batch | None:
    """A batch the caller may see."""
    query = select(Batch).where(Batch.id == batch_id)
    return await session.scalar(query.with_for_update() if for_update else query)


async def batches(session: AsyncSession, run_id: UUID) -> Sequence[Batch]:
    """The batches of a run in their order."""
    return (await session.scalars(select(Batch).where(Batch.run_id == run_id).order_by(Batch.number))).all()


async def anything_payable(session: AsyncSession, run_id: UUID) -> bool:
    """Whether a line of the run can go to the bank now."""
    return bool(await session.scalar(text(f"SELECT EXISTS (SELECT {_PAYABLE})"), {"run_id": run_id}))


async def payable(session: AsyncSession, run_id: UUID) -> Sequence[Any]:
    """The lines that can go to the bank now, in their order, with what of each is still due."""
    rows = await session.execute(
        text(
            "SELECT l.id, l.month, l.region, l.programme, l.beneficiary_kind, l.beneficiary_id, l.pack_hash,"
            f" ({UNPAID})::bigint AS amount_fen {_PAYABLE} ORDER BY l.id"
        ),
        {"run_id": run_id},
    )
    return rows.all()


async def store_items(session: AsyncSession, month: Month, csv: bytes) -> int:
    """COPY a batch's rows; the database refuses a line that is with the bank already."""
    return await copy_rows(session, partition_of("payment_items", month), ITEM_COLUMNS, csv)


async def make_room(session: AsyncSession, month: Month) -> None:
    """The partition for a month's batches."""
    await ensure_month(session, "payment_items", month)


async def items(session: AsyncSession, batch_id: UUID, month: date) -> Sequence[Item]:
    """The rows of a batch's file in their order."""
    query = select(Item).where(Item.batch_id == batch_id, Item.month == month, Item.account.is_not(None))
    return (await session.scalars(query.order_by(Item.sequence))).all()


async def rows_of_file(session: AsyncSession, one: Batch, after: int, limit: int) -> Sequence[Any]:
    """Some rows of a batch's file in their order, after a sequence."""
    query = select(Item.sequence, Item.line_id, Item.account, Item.amount_fen, Item.remark)
    query = query.where(Item.batch_id == one.id, Item.month == one.month, Item.account.is_not(None))
    return (await session.execute(query.where(Item.sequence > after).order_by(Item.sequence).limit(limit))).all()


async def page_of_items(
    session: AsyncSession, one: Batch, after: int, limit: int, state: ItemState | None
) -> Sequence[Item]:
    """Rows of a batch in their order."""
    query = select(Item).where(Item.batch_id == one.id, Item.month == one.month, Item.sequence > max(after, 0))
    query = query.where(Item.state == state) if state else query
    return (await session.scalars(query.order_by(Item.sequence).limit(limit))).all()


async def known_return(session: AsyncSession, batch_id: UUID, sha256: str) -> Return | None:
    """A return file that was taken in before."""
    return await session.get(Return, (batch_id, sha256))


async def answer(session: AsyncSession, one: Batch, answers: Sequence[Answer], on: date) -> None:
    """Write down what the bank said of rows that were with it."""
    await session.execute(
        text(
            "UPDATE payment_items i SET state = a.state, code = a.code, answered_on = :on"
            " FROM unnest(CAST(:sequences AS int[]), CAST(:states AS text[]), CAST(:codes AS text[]))"
            " AS a (sequence, state, code)"
            " WHERE i.batch_id = :batch_id AND i.month = :month AND i.sequence = a.sequence AND i.state = 'sent'"
        ),
        {
            "on": on,
            "batch_id": one.id,
            "month": one.month,
            "sequences": [a.sequence for a in answers],
            "states": [str(ItemState.SETTLED if a.succeeded else ItemState.RETURNED) for a in answers],
            "codes": [a.code for a in answers],
        },
    )


async def confirm(session: AsyncSession, one: Batch, line_ids: Sequence[UUID] | None, by: str) -> int:
    """Let returned rows go out again with the next batch; how many."""
    change = update(Item).where(Item.batch_id == one.id, Item.month == one.month, Item.state == ItemState.RETURNED)
    change = change.where(Item.line_id.in_(line_ids)) if line_ids is not None else change
    result = await session.execute(change.values(state=ItemState.CONFIRMED, confirmed_by=by))
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one


async def waiting(session: AsyncSession, one: Batch) -> int:
    """How many rows the bank has not answered."""
    count = select(func.count()).where(Item.batch_id == one.id, Item.month == one.month, Item.state == ItemState.SENT)
    return int(await session.scalar(count) or 0)


async def settle_run(session: AsyncSession, run_id: UUID) -> bool:
    """Mark an approved run paid when nothing of it is left to pay."""
    done = await session.execute(
        text(
            "UPDATE runs SET state = 'paid' WHERE id = :run_id AND state = 'approved' AND NOT EXISTS ("
            " SELECT FROM lines l WHERE l.run_id = :run_id AND l.kind <> 'recovery' AND l.amount_fen > 0"
            f" AND ({UNPAID}) > 0 AND NOT EXISTS ("
            " SELECT FROM payment_items i WHERE i.line_id = l.id AND i.state = 'settled'))"
        ),
        {"run_id": run_id},
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one

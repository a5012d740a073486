"""Every statement about payment batches and their rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from services.subsidy.ledger.repository import SHARES_OF_RUN
from services.subsidy.payments.domain import ItemState, News, Result
from services.subsidy.payments.models import Batch, Item, Return
from shared.clock import Month
from shared.tables import copy_rows, ensure_month, partition_of

ITEM_COLUMNS = (
    "batch_id", "month", "sequence", "line_id", "line_month", "region", "programme", "beneficiary_kind",
    "beneficiary_id", "amount_fen", "remark", "account", "state", "code",
)  # fmt: skip
_PAYABLE = f"""
    WITH {SHARES_OF_RUN},
    newest AS (SELECT account_id, max(line_id::text)::uuid AS line_id FROM e WHERE kind = 'decided' GROUP BY 1)
    SELECT l.id, l.month, l.region, l.programme, l.beneficiary_kind, l.beneficiary_id, l.senior_id, l.application_id,
           l.pack_hash, s.account_id, s.decided, s.fen AS amount_fen,
           CASE WHEN w.line_id = l.id THEN l.pack_hash ELSE (
               SELECT n.pack_hash FROM lines n WHERE n.id = w.line_id AND n.month = l.month) END AS newest_pack
    FROM shares s JOIN lines l ON l.id = s.line_id AND l.run_id = :run_id JOIN newest w USING (account_id)
    WHERE s.fen > 0 AND NOT s.waits ORDER BY l.id
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
    query = f"WITH {SHARES_OF_RUN} SELECT EXISTS (SELECT FROM shares WHERE run_id = :run_id AND fen > 0 AND NOT waits)"
    return bool(await session.scalar(text(query), {"run_id": run_id}))


async def payable(session: AsyncSession, run_id: UUID) -> Sequence[Any]:
    """The lines that can go to the bank now, in their order, with what of each is still due by its account."""
    return (await session.execute(text(_PAYABLE), {"run_id": run_id})).all()


async def store_items(session: AsyncSession, month: Month, csv: bytes) -> int:
    """COPY a batch's rows; the database refuses a line that is with the bank already."""
    return await copy_rows(session, partition_of("payment_items", month), ITEM_COLUMNS, csv)


async def make_room(session: AsyncSession, month: Month) -> None:
    """The partition for a month's batches."""
    await ensure_month(session, "payment_items", month)


async def items(session: AsyncSession, one: Batch, sequences: Sequence[int]) -> Sequence[Item]:
    """Those rows of a batch's file that have these sequences, without their accounts."""
    query = select(Item).where(Item.batch_id == one.id, Item.month == one.month, Item.account.is_not(None))
    query = query.where(text("sequence = ANY (CAST(:sequences AS int[]))")).options(defer(Item.account))
    return (await session.scalars(query, {"sequences": list(sequences)})).all()


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


async def answer(session: AsyncSession, one: Batch, found: Sequence[News], on: date) -> None:
    """Where rows stand after what the bank said. One that came back waits for a person each time it does."""
    await session.execute(
        text(
            "UPDATE payment_items i SET state = a.state, code = a.code, answered_on = :on,"
            " confirmed_by = CASE a.state WHEN 'returned' THEN NULL ELSE i.confirmed_by END"
            " FROM unnest(CAST(:sequences AS int[]), CAST(:states AS text[]), CAST(:codes AS text[]))"
            " AS a (sequence, state, code)"
            " WHERE i.batch_id = :batch_id AND i.month = :month AND i.sequence = a.sequence"
        ),
        {
            "on": on,
            "batch_id": one.id,
            "month": one.month,
            "sequences": [each.answer.sequence for each in found],
            "states": [str(each.after) for each in found],
            "codes": [each.answer.code for each in found],
        },
    )


async def keep_answers(session: AsyncSession, one: Batch, found: Sequence[News], sha256: str, by: str) -> None:
    """Write down what the bank said, beside what it said before."""
    await session.execute(
        text(
            "INSERT INTO payment_answers (batch_id, sequence, number, region, line_id, said, code, result, sha256,"
            " recorded_by) SELECT :batch_id, a.sequence, coalesce((SELECT max(b.number) FROM payment_answers b"
            " WHERE b.batch_id = :batch_id AND b.sequence = a.sequence), 0) + 1, :region, a.line_id, a.said, a.code,"
            " a.result, :sha256, :by FROM unnest(CAST(:sequences AS int[]), CAST(:lines AS uuid[]),"
            " CAST(:said AS text[]), CAST(:codes AS text[]), CAST(:results AS text[]))"
            " AS a (sequence, line_id, said, code, result)"
        ),
        {
            "batch_id": one.id,
            "region": one.region,
            "sha256": sha256,
            "by": by,
            "sequences": [each.answer.sequence for each in found],
            "lines": [each.answer.line_id for each in found],
            "said": ["settled" if each.answer.succeeded else "returned" for each in found],
            "codes": [each.answer.code for each in found],
            "results": [str(each.result) for each in found],
        },
    )


async def flagged(session: AsyncSession, batch_id: UUID, sha256: str) -> Sequence[Any]:
    """The rows of a return file that said something else than before, the first thousand."""
    rows = await session.execute(
        text(
            "SELECT sequence, line_id, code, result FROM payment_answers WHERE batch_id = :batch_id"
            " AND sha256 = :sha256 AND result IN ('late_return', 'contradiction') ORDER BY sequence LIMIT 1000"
        ),
        {"batch_id": batch_id, "sha256": sha256},
    )
    return rows.all()


async def disputed(session: AsyncSession, one: Batch, line_ids: Sequence[UUID]) -> Sequence[Item]:
    """Rows that the bank returned first and called settled later."""
    query = select(Item).where(Item.batch_id == one.id, Item.month == one.month, Item.state == ItemState.DISPUTED)
    return (await session.scalars(query.where(Item.line_id.in_(line_ids)).order_by(Item.sequence))).all()


async def keep_finding(
    session: AsyncSession, one: Batch, found: Sequence[Item], *, paid: bool, document_no: str, by: str
) -> None:
    """What a person found about disputed rows; a row that went out again stays confirmed."""
    after = "'arrived'" if paid else "CASE WHEN confirmed_by IS NULL THEN 'returned' ELSE 'confirmed' END"
    values = {"batch_id": one.id, "month": one.month, "sequences": [item.sequence for item in found]}
    await session.execute(
        text(
            f"UPDATE payment_items SET state = {after}"
            " WHERE batch_id = :batch_id AND month = :month AND sequence = ANY (:sequences)"
        ),
        values,
    )
    await session.execute(
        text(
            "INSERT INTO payment_answers (batch_id, sequence, number, region, line_id, said, result, document_no,"
            " recorded_by) SELECT i.batch_id, i.sequence, (SELECT max(b.number) FROM payment_answers b"
            " WHERE b.batch_id = i.batch_id AND b.sequence = i.sequence) + 1, :region, i.line_id, :said, :result,"
            " :document_no, :by FROM payment_items i"
            " WHERE i.batch_id = :batch_id AND i.month = :month AND i.sequence = ANY (:sequences)"
        ),
        values
        | {
            "region": one.region,
            "said": "settled" if paid else "returned",
            "result": str(Result.PAID if paid else Result.NOT_PAID),
            "document_no": document_no,
            "by": by,
        },
    )


async def confirm(session: AsyncSession, one: Batch, line_ids: Sequence[UUID] | None, by: str) -> int:
    """Let returned rows go out again with the next batch; how many."""
    change = update(Item).where(Item.batch_id == one.id, Item.month == one.month, Item.state == ItemState.RETURNED)
    change = change.where(Item.line_id.in_(line_ids)) if line_ids is not None else change
    result = await session.execute(change.values(state=ItemState.CONFIRMED, confirmed_by=by))
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one


async def withdraw(session: AsyncSession, one: Batch) -> int:
    """Take the rows of a file that never left out of it; how many."""
    change = update(Item).where(Item.batch_id == one.id, Item.month == one.month, Item.state == ItemState.SENT)
    result = await session.execute(change.values(state=ItemState.WITHDRAWN))
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one


async def waiting(session: AsyncSession, one: Batch) -> int:
    """How many rows the bank has not answered."""
    count = select(func.count()).where(Item.batch_id == one.id, Item.month == one.month, Item.state == ItemState.SENT)
    return int(await session.scalar(count) or 0)


async def settle_run(session: AsyncSession, run_id: UUID) -> None:
    """An approved run is paid when nothing of it is left to pay, held rows among it, and no row waits for the bank or
    a person; a paid one is approved again when something of it came back."""
    left = f"WITH {SHARES_OF_RUN} SELECT EXISTS (SELECT FROM shares WHERE run_id = :run_id AND fen > 0)"
    if await session.scalar(text(left), {"run_id": run_id}):
        query = "UPDATE runs SET state = 'approved' WHERE id = :run_id AND state = 'paid'"
    else:
        query = (
            "UPDATE runs SET state = 'paid' WHERE id = :run_id AND state = 'approved' AND NOT EXISTS ("
            " SELECT FROM payment_items i JOIN payment_batches b ON b.id = i.batch_id AND b.month = i.month"
            " WHERE b.run_id = :run_id AND i.state IN ('sent', 'disputed'))"
        )
    await session.execute(text(query), {"run_id": run_id})

"""Use cases of payments: open a batch, hand out its file, take in what the bank says."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.errors import (
    BatchGivenOut,
    BatchNotFound,
    BatchNotGivenOut,
    BatchNotReady,
    BatchOutOfDate,
    NothingToPay,
    ReturnFileRefused,
    WrongState,
)
from services.subsidy.ledger import repository as ledger
from services.subsidy.ledger.domain import EntryKind
from services.subsidy.payments import repository, returnfile
from services.subsidy.payments.domain import (
    FRESH,
    Answer,
    BatchState,
    ItemState,
    News,
    Result,
    RowError,
    Sent,
    judge,
    news,
)
from services.subsidy.payments.models import Batch, Item, Return
from services.subsidy.payments.schemas import BatchIn, FindingIn, FlaggedOut, ReturnOut
from services.subsidy.recoveries import service as recoveries
from services.subsidy.runs import service as runs
from services.subsidy.runs.domain import RunState
from shared import audit
from shared.auth import Caller
from shared.clock import Month, now, today
from shared.contracts.subsidy import PaymentReturned, PaymentSettled
from shared.errors import FieldError
from shared.events import outbox
from shared.ids import new_id
from shared.jobs import enqueue

JOB = "prepare_batch"


async def create(session: AsyncSession, caller: Caller, run_id: UUID, wanted: BatchIn) -> Batch:
    """Open a batch for what an approved run still has to pay; the same batch again for the same client-made id."""
    run = await runs.find(session, run_id, for_update=True)
    earlier = await repository.batches(session, run_id)
    for batch in earlier:
        if batch.id == wanted.batch_id:
            return batch
    if run.state != RunState.APPROVED:
        raise WrongState(f"The run is {run.state}.", f"批次当前状态为 {run.state},不能支付。", state=run.state)
    if any(batch.state == BatchState.PREPARING for batch in earlier):
        raise BatchNotReady("Another batch of this run is being prepared.", "该批次正在准备另一支付文件。")
    if wanted.batch_id and await repository.batch(session, wanted.batch_id):
        raise WrongState("This batch id belongs to another run.", "该支付批次编号已用于其他批次。")
    if not await repository.anything_payable(session, run_id):
        raise NothingToPay
    batch = Batch(
        id=wanted.batch_id or new_id(),
        run_id=run_id,
        region=run.region,
        month=run.month,
        number=len(earlier) + 1,
        state=BatchState.PREPARING,
        encoding=wanted.encoding,
        created_by=caller.subject,
        created_at=now(),
        attempts=0,
    )
    session.add(batch)
    await session.flush()
    await enqueue(session, JOB, {"batch_id": str(batch.id)})
    await audit.record(session, caller, "payment-batch.create", str(batch.id), detail={"run": str(run_id)})
    return batch


async def find(session: AsyncSession, batch_id: UUID, *, for_update: bool = False) -> Batch:
    """A batch of the caller's regions; BatchNotFound (404) otherwise."""
    batch = await repository.batch(session, batch_id, for_update=for_update)
    if batch is None:
        raise BatchNotFound
    return batch


async def file(session: AsyncSession, caller: Caller, batch_id: UUID) -> Batch:
    """The batch whose file may be given out; for the first time only while the last look at its lines is fresh. Every
    download is an audit entry."""
    batch = await find(session, batch_id, for_update=True)
    if batch.state not in {BatchState.READY, BatchState.CLOSED} or not batch.rows or not batch.prepared_at:
        raise BatchNotReady
    if batch.given_at is None:
        if now() - batch.prepared_at > FRESH:
            raise BatchOutOfDate
        batch.given_at = now()
    await audit.record(session, caller, "payment-file.download", str(batch_id), detail={"sha256": batch.sha256})
    return batch


async def withdraw(session: AsyncSession, caller: Caller, batch_id: UUID) -> Batch:
    """Give up a batch whose file nobody has had: its lines wait for another one, which looks at them again."""
    batch = await _locked(session, batch_id)
    if batch.state == BatchState.WITHDRAWN:
        return batch
    if batch.given_at is not None:
        raise BatchGivenOut
    if batch.state != BatchState.READY:
        raise BatchNotReady
    await ledger.lock_run(session, batch.run_id)
    await ledger.take_back(session, batch.id, caller.subject)
    rows = await repository.withdraw(session, batch)
    batch.state = BatchState.WITHDRAWN
    await session.flush()
    await repository.settle_run(session, batch.run_id)
    await audit.record(session, caller, "payment-batch.withdraw", str(batch_id), detail={"rows": rows})
    return batch


async def _locked(session: AsyncSession, batch_id: UUID) -> Batch:
    """A batch with its run, locked in the order in which a preparation locks them."""
    batch = await find(session, batch_id)
    await runs.find(session, batch.run_id, for_update=True)
    await session.refresh(batch, with_for_update=True)
    return batch


async def take_return(session: AsyncSession, caller: Caller, batch_id: UUID, content: bytes) -> ReturnOut:
    """Take in a bank's file, whole or not at all. The same file again changes nothing and answers the same.

    Where the bank says something else than before, both answers are kept and the other rows applied.
    """
    batch = await _locked(session, batch_id)
    if batch.state not in {BatchState.READY, BatchState.CLOSED}:
        raise BatchNotReady
    if batch.given_at is None:
        raise BatchNotGivenOut
    sha256 = hashlib.sha256(content).hexdigest()
    taken = await repository.known_return(session, batch_id, sha256)
    if taken is None:
        answers = await asyncio.to_thread(_read, content, batch_id)
        named = [answer.sequence for answer in answers]
        items = {item.sequence: item for item in await repository.items(session, batch, named)}
        found = await asyncio.to_thread(_checked, answers, items)
        taken = _return(batch, sha256, len(answers), found, caller)
        session.add(taken)
        await _apply(session, batch, found, items, taken)
        await audit.record(session, caller, "payment-return.import", str(batch_id), detail={"sha256": sha256})
    told = ReturnOut.model_validate(taken)
    flagged = [FlaggedOut.model_validate(row) for row in await repository.flagged(session, batch_id, sha256)]
    return told.model_copy(update={"flagged": flagged})


def _return(batch: Batch, sha256: str, rows: int, found: Sequence[News], caller: Caller) -> Return:
    plain = [each for each in found if each.result is Result.APPLIED]
    return Return(
        batch_id=batch.id,
        sha256=sha256,
        region=batch.region,
        rows=rows,
        settled=sum(each.answer.succeeded for each in plain),
        returned=sum(not each.answer.succeeded for each in plain),
        late=sum(each.result is Result.LATE_RETURN for each in found),
        contradictions=sum(each.result is Result.CONTRADICTION for each in found),
        received_by=caller.subject,
        received_at=now(),
    )


def _read(content: bytes, batch_id: UUID) -> list[Answer]:
    """The answers of a file; ReturnFileRefused (422) when it cannot be trusted."""
    try:
        return returnfile.read(content, batch_id)
    except returnfile.ReturnFileError as error:
        raise _refused(error.errors) from None


def _checked(answers: Sequence[Answer], items: dict[int, Item]) -> list[News]:
    """The answers that say something new. ReturnFileRefused (422) names every row that does not fit."""
    sent = {n: Sent(item.line_id, item.amount_fen, ItemState(item.state)) for n, item in items.items()}
    faults = [fault for answer in answers if (fault := judge(answer, sent.get(answer.sequence)))]
    if faults:
        raise _refused(faults)
    return news(answers, sent)


def _refused(faults: Sequence[RowError]) -> ReturnFileRefused:
    fields = [FieldError.of(f"/rows/{fault.row}", fault.code, fault.en, fault.zh) for fault in faults[:200]]
    en, zh = f"{len(faults)} errors; nothing was taken from it.", f"共{len(faults)}处错误,文件未被处理。"
    return ReturnFileRefused(en, zh, fields)


async def _apply(
    session: AsyncSession, batch: Batch, found: Sequence[News], items: dict[int, Item], taken: Return
) -> None:
    if not found:
        return
    sha256, by = taken.sha256, taken.received_by
    on = today()
    await ledger.lock_lines(session, [items[each.answer.sequence].line_id for each in found])
    await repository.answer(session, batch, found, on)
    await repository.keep_answers(session, batch, found, sha256, by)
    counted = [each for each in found if each.result is not Result.CONTRADICTION]
    kinds = [(each.answer.sequence, str(each.after)) for each in counted]
    await ledger.add_answers(session, batch.id, batch.month, kinds, by)
    await outbox.add(session, *await asyncio.to_thread(_events, batch, items, counted, on))
    await _close(session, batch)


def _events(
    batch: Batch, items: dict[int, Item], counted: Sequence[News], on: date
) -> list[PaymentSettled | PaymentReturned]:
    return [_event(batch, items[each.answer.sequence], each.answer, on) for each in counted]


def _event(batch: Batch, item: Item, answer: Answer, on: date) -> PaymentSettled | PaymentReturned:
    if not answer.succeeded:
        return PaymentReturned(**_common(batch, item), reason_code=answer.code)
    return _settled(batch, item, on)


def _settled(batch: Batch, item: Item, on: date) -> PaymentSettled:
    return PaymentSettled(**_common(batch, item), beneficiary_kind=item.beneficiary_kind, settled_on=on)


def _common(batch: Batch, item: Item) -> dict[str, Any]:
    return {
        "line_id": item.line_id,
        "batch_id": batch.id,
        "beneficiary_id": item.beneficiary_id,
        "programme": item.programme,
        "month": Month.of(item.line_month),
        "amount_fen": item.amount_fen,
    }


async def _close(session: AsyncSession, batch: Batch) -> None:
    """A batch that is answered, and a run of which nothing is left, are done."""
    if await repository.waiting(session, batch) == 0:
        batch.state = BatchState.CLOSED
    await session.flush()
    await repository.settle_run(session, batch.run_id)


async def confirm(session: AsyncSession, caller: Caller, batch_id: UUID, line_ids: Sequence[UUID] | None) -> int:
    """Let returned rows go out again, after a person made sure that the account is right."""
    batch = await _locked(session, batch_id)
    count = await repository.confirm(session, batch, line_ids, caller.subject)
    await audit.record(session, caller, "payment-return.confirm", str(batch_id), detail={"rows": count})
    return count


async def find_out(session: AsyncSession, caller: Caller, batch_id: UUID, given: FindingIn) -> int:
    """What a person found about rows that were returned and then called settled: paid, so that they count as gone and
    what is too much is claimed; or not, so that they wait or went out again as before."""
    batch = await _locked(session, batch_id)
    items = await repository.disputed(session, batch, given.line_ids)
    lines = [item.line_id for item in items]
    if items:
        await ledger.lock_lines(session, lines)
        keep = partial(repository.keep_finding, paid=given.paid, document_no=given.document_no, by=caller.subject)
        await keep(session, batch, items)
        if given.paid:
            kinds = [(item.sequence, str(EntryKind.ARRIVED)) for item in items]
            await ledger.add_answers(session, batch.id, batch.month, kinds, caller.subject)
            await recoveries.look_again(session, lines)
            await outbox.add(session, *(_settled(batch, item, today()) for item in items))
        await _close(session, batch)
    detail = {"rows": len(items), "paid": given.paid, "document": given.document_no}
    await audit.record(session, caller, "payment-return.find", str(batch_id), detail=detail)
    return len(items)

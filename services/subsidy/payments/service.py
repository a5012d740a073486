"""Use cases of payments: open a batch, hand out its file, take in what the bank says."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.errors import BatchNotFound, BatchNotReady, NothingToPay, ReturnFileRefused, WrongState
from services.subsidy.payments import repository, returnfile
from services.subsidy.payments.domain import Answer, BatchState, ItemState, RowError, Sent, fresh, judge
from services.subsidy.payments.models import Batch, Item, Return
from services.subsidy.payments.schemas import BatchIn
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
    """The batch whose file may be given out. Every download is an audit entry."""
    batch = await find(session, batch_id)
    if batch.state not in {BatchState.READY, BatchState.CLOSED} or not batch.rows:
        raise BatchNotReady
    await audit.record(session, caller, "payment-file.download", str(batch_id), detail={"sha256": batch.sha256})
    return batch


async def take_return(session: AsyncSession, caller: Caller, batch_id: UUID, content: bytes) -> Return:
    """Take in a bank's file, whole or not at all. The same file again changes nothing and answers the same."""
    batch = await find(session, batch_id, for_update=True)
    if batch.state not in {BatchState.READY, BatchState.CLOSED}:
        raise BatchNotReady
    sha256 = hashlib.sha256(content).hexdigest()
    known = await repository.known_return(session, batch_id, sha256)
    if known:
        return known
    items = {item.sequence: item for item in await repository.items(session, batch_id, batch.month)}
    answers = await asyncio.to_thread(_checked, content, batch, items)
    taken = Return(
        batch_id=batch_id,
        sha256=sha256,
        region=batch.region,
        rows=len(answers[0]),
        settled=sum(answer.succeeded for answer in answers[1]),
        returned=sum(not answer.succeeded for answer in answers[1]),
        received_by=caller.subject,
        received_at=now(),
    )
    session.add(taken)
    await _apply(session, batch, answers[1], items)
    await audit.record(session, caller, "payment-return.import", str(batch_id), detail={"sha256": sha256})
    return taken


def _checked(content: bytes, batch: Batch, items: dict[int, Item]) -> tuple[list[Answer], list[Answer]]:
    """All answers, and those that say something new. ReturnFileRefused (422) names every row that does not fit."""
    sent = {n: Sent(item.line_id, item.amount_fen, ItemState(item.state)) for n, item in items.items()}
    try:
        answers = returnfile.read(content, batch.id)
    except returnfile.ReturnFileError as error:
        raise _refused(error.errors) from None
    faults = [fault for answer in answers if (fault := judge(answer, sent.get(answer.sequence)))]
    if faults:
        raise _refused(faults)
    return answers, fresh(answers, sent)


def _refused(faults: Sequence[RowError]) -> ReturnFileRefused:
    fields = [FieldError.of(f"/rows/{fault.row}", fault.code, fault.en, fault.zh) for fault in faults[:200]]
    en, zh = f"{len(faults)} errors; nothing was taken from it.", f"共{len(faults)}处错误,文件未被处理。"
    return ReturnFileRefused(en, zh, fields)


async def _apply(session: AsyncSession, batch: Batch, answers: Sequence[Answer], items: dict[int, Item]) -> None:
    if not answers:
        return
    on = today()
    await repository.answer(session, batch, answers, on)
    events: list[PaymentSettled | PaymentReturned] = []
    for answer in answers:
        item = items[answer.sequence]
        common: dict[str, Any] = {
            "line_id": item.line_id,
            "batch_id": batch.id,
            "beneficiary_id": item.beneficiary_id,
            "programme": item.programme,
            "month": Month.of(item.line_month),
            "amount_fen": item.amount_fen,
        }
        if answer.succeeded:
            events.append(PaymentSettled(**common, beneficiary_kind=item.beneficiary_kind, settled_on=on))
        else:
            events.append(PaymentReturned(**common, reason_code=answer.code))
    await outbox.add(session, *events)
    if await repository.waiting(session, batch) == 0:
        batch.state = BatchState.CLOSED
    await session.flush()
    await repository.settle_run(session, batch.run_id)


async def confirm(session: AsyncSession, caller: Caller, batch_id: UUID, line_ids: Sequence[UUID] | None) -> int:
    """Let returned rows go out again, after a person made sure that the account is right."""
    batch = await find(session, batch_id, for_update=True)
    count = await repository.confirm(session, batch, line_ids, caller.subject)
    await audit.record(session, caller, "payment-return.confirm", str(batch_id), detail={"rows": count})
    return count

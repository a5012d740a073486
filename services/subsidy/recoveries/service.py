"""Use cases of recoveries: opened with the run that found them, closed entry by entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.errors import LineNotFound, MoreThanOwed, RecoveryNotFound
from services.subsidy.recoveries import repository
from services.subsidy.recoveries.domain import EntryKind, OverdrawnError, closing
from services.subsidy.recoveries.models import Recovery, RecoveryEntry
from services.subsidy.recoveries.schemas import EntryIn, EntryOut, RecoveryDetail, RecoveryOut
from shared import audit
from shared.auth import Caller
from shared.clock import Month, now
from shared.contracts.subsidy import RecoveryOpened
from shared.events import outbox
from shared.ids import new_id


async def open_for(session: AsyncSession, run_id: UUID, actor: str) -> None:
    """Open a ledger for every recovery line of an approved run, and say so."""
    opened = await repository.open_for(session, run_id)
    if not opened:
        return
    await repository.open_ledgers(session, run_id, actor)
    await repository.offset_unpaid(session, run_id, actor)
    owed = await repository.amounts(session, [one.id for one in opened])
    await outbox.add(session, *(_event(one, owed[one.id][0]) for one in opened))


def _event(one: Recovery, amount_fen: int) -> RecoveryOpened:
    return RecoveryOpened(
        recovery_id=one.id,
        line_id=one.corrects_line_id,
        beneficiary_id=one.beneficiary_id,
        programme=one.programme,
        month=Month.of(one.month),
        amount_fen=amount_fen,
        reason=one.reason,
    )


async def listed(
    session: AsyncSession, before: UUID | None, limit: int, beneficiary_id: UUID | None
) -> list[RecoveryOut]:
    """Recoveries with their balances, the newest first."""
    found = await repository.page(session, before, limit, beneficiary_id)
    return await _with_amounts(session, found)


async def _with_amounts(session: AsyncSession, found: Sequence[Recovery]) -> list[RecoveryOut]:
    sums = await repository.amounts(session, [one.id for one in found])
    return [RecoveryOut.model_validate(_values(one, *sums[one.id])) for one in found]


def _values(one: Recovery, amount: int, balance: int) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in RecoveryOut.model_fields if name not in {"amount", "balance"}}
    return plain | {"amount": amount, "balance": balance}


async def detail(session: AsyncSession, recovery_id: UUID) -> RecoveryDetail:
    """A recovery with its ledger; RecoveryNotFound (404)."""
    one = await repository.get(session, recovery_id)
    if one is None:
        raise RecoveryNotFound
    amount, balance = (await repository.amounts(session, [one.id]))[one.id]
    ledger = [EntryOut.model_validate(entry) for entry in await repository.entries(session, one.id)]
    return RecoveryDetail.model_validate(_values(one, amount, balance) | {"entries": ledger})


async def close_part(session: AsyncSession, caller: Caller, recovery_id: UUID, given: EntryIn) -> RecoveryDetail:
    """Add an entry that closes part of a recovery; MoreThanOwed (409) when it exceeds what is owed."""
    one = await repository.get(session, recovery_id, for_update=True)
    if one is None:
        raise RecoveryNotFound
    _, balance = (await repository.amounts(session, [one.id]))[one.id]
    await _check_offset(session, one, given)
    try:
        entry = closing(EntryKind(given.kind), given.amount, balance)
    except OverdrawnError:
        raise MoreThanOwed from None
    session.add(
        RecoveryEntry(
            id=new_id(),
            recovery_id=one.id,
            region=one.region,
            kind=entry.kind,
            amount_fen=entry.amount_fen,
            line_id=given.line_id,
            document_no=given.document_no,
            note=given.note,
            recorded_by=caller.subject,
            recorded_at=now(),
        )
    )
    await session.flush()
    await audit.record(session, caller, f"recovery.{given.kind}", str(recovery_id), detail={"fen": given.amount})
    return await detail(session, recovery_id)


async def _check_offset(session: AsyncSession, one: Recovery, given: EntryIn) -> None:
    if given.kind != "offset" or given.line_id is None:
        return
    left = await repository.payable(session, given.line_id, one.beneficiary_id)
    if left is None:
        raise LineNotFound("No approved, unpaid line of this beneficiary.", "该对象没有此条已审批未支付的明细。")
    if given.amount > left:
        raise MoreThanOwed("More than the line still pays.", "金额超过该明细的待支付金额。")

"""Use cases of recoveries: opened with the run that found them, closed entry by entry, each by two people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.errors import (
    LineNotFound,
    MoreThanOwed,
    RecoveryNotFound,
    RequestNotFound,
    SecondPersonNeeded,
    WrongState,
)
from services.subsidy.ledger import repository as ledger
from services.subsidy.ledger.domain import EntryKind
from services.subsidy.recoveries import repository
from services.subsidy.recoveries.domain import ENTRIES, Action, RequestKind, RequestState, move
from services.subsidy.recoveries.models import Recovery, RecoveryRequest
from services.subsidy.recoveries.repository import Balance
from services.subsidy.recoveries.schemas import EntryIn, EntryOut, RecoveryDetail, RecoveryOut, RequestOut
from shared import audit
from shared.auth import Caller
from shared.clock import Month, now
from shared.contracts.subsidy import RecoveryOpened
from shared.events import outbox
from shared.ids import new_id
from shared.workflow import MoveRefusedError, SamePersonError, check_second_person

PAID_TWICE = "paid_twice"


async def open_for(session: AsyncSession, run_id: UUID, actor: str) -> None:
    """Enter what an approved run decided, open its recoveries, and say what is owed."""
    await ledger.post_run(session, run_id, actor)
    await _tell(session, await repository.open_for(session, run_id))


async def look_again(session: AsyncSession, line_ids: Sequence[UUID]) -> None:
    """After the bank said that more was paid: what is owed now is claimed."""
    await repository.open_beyond(session, line_ids, PAID_TWICE)
    await _tell(session, await repository.of_lines(session, line_ids))


async def _tell(session: AsyncSession, opened: Sequence[Recovery]) -> None:
    """Only what is owed is claimed: what never went out needs no claim."""
    if opened:
        found = await repository.balances(session, opened)
        await outbox.add(session, *(_event(one, found[one.id].owed) for one in opened if found[one.id].owed))


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
    balances = await repository.balances(session, found)
    return [RecoveryOut.model_validate(_values(one, balances[one.id])) for one in found]


def _values(one: Recovery, found: Balance) -> dict[str, Any]:
    sums = {"amount": found.opened, "balance": found.owed, "netted": found.opened - found.closed - found.owed}
    return {name: getattr(one, name) for name in RecoveryOut.model_fields if name not in sums} | sums


async def detail(session: AsyncSession, recovery_id: UUID) -> RecoveryDetail:
    """A recovery with its entries and what waits for a second person; RecoveryNotFound (404)."""
    one = await _find(session, recovery_id)
    found = (await repository.balances(session, [one]))[one.id]
    by = await repository.opened_by(session, one.line_id)
    opened = EntryOut.model_validate(
        {"id": one.id, "kind": "opened", "amount_fen": one.opened_fen, "recorded_by": by, "recorded_at": one.opened_at}
    )
    entered = [EntryOut.model_validate(entry) for entry in await repository.entries(session, one.id)]
    asked = [RequestOut.model_validate(each) for each in await repository.requests(session, one.id)]
    return RecoveryDetail.model_validate(_values(one, found) | {"entries": [opened, *entered], "requests": asked})


async def _find(session: AsyncSession, recovery_id: UUID) -> Recovery:
    one = await repository.get(session, recovery_id)
    if one is None:
        raise RecoveryNotFound
    return one


async def propose(session: AsyncSession, caller: Caller, recovery_id: UUID, given: EntryIn) -> RecoveryDetail:
    """Ask for an entry; nothing counts before a second person confirms. MoreThanOwed (409) beyond what is left."""
    one = await _find(session, recovery_id)
    await _lock(session, one, given.line_id)
    asked = await repository.proposed(session, one.id)
    wanted = RecoveryRequest(
        id=new_id(),
        recovery_id=one.id,
        region=one.region,
        kind=given.kind,
        amount_fen=given.amount,
        line_id=given.line_id,
        document_no=given.document_no,
        note=given.note,
        state=RequestState.PROPOSED,
        requested_by=caller.subject,
        requested_at=now(),
    )
    await _check(session, one, wanted, asked)
    session.add(wanted)
    await session.flush()
    await audit.record(session, caller, f"recovery.{given.kind}", str(recovery_id), detail={"fen": given.amount})
    return await detail(session, recovery_id)


async def _lock(session: AsyncSession, one: Recovery, line_id: UUID | None) -> None:
    """The accounts that an entry changes, in their order."""
    other = await ledger.account_of(session, line_id) if line_id else None
    await ledger.lock(session, [one.account_id, *([other] if other else [])])


async def _check(session: AsyncSession, one: Recovery, wanted: RecoveryRequest, asked: int) -> None:
    """MoreThanOwed when the account does not allow it, LineNotFound when the line is not this beneficiary's."""
    amount, line_id = wanted.amount_fen, wanted.line_id
    if wanted.kind == RequestKind.WAIVER_WITHDRAWN:
        if amount > await repository.forgiven(session, one.id):
            raise MoreThanOwed("More than was waived.", "金额超过已核销金额。")
        return
    if amount > (await repository.balances(session, [one]))[one.id].owed - asked:
        raise MoreThanOwed
    if line_id is None:
        return
    if not await repository.is_of(session, line_id, one) or not (left := await ledger.share(session, line_id)):
        raise LineNotFound("No approved, unpaid line of this beneficiary.", "该对象没有此条已审批未支付的明细。")
    if amount > left:
        raise MoreThanOwed("More than the line still pays.", "金额超过该明细的待支付金额。")


async def confirm(session: AsyncSession, caller: Caller, recovery_id: UUID, request_id: UUID) -> RecoveryDetail:
    """Enter what was asked for, as a second person, once. MoreThanOwed (409) when less is owed by now."""
    one, asked = await _decide(session, caller, recovery_id, request_id, Action.CONFIRM)
    await _lock(session, one, asked.line_id)
    await _check(session, one, asked, 0)
    await session.flush()
    await ledger.add(session, await _entries(session, one, asked))
    return await detail(session, recovery_id)


async def refuse(
    session: AsyncSession, caller: Caller, recovery_id: UUID, request_id: UUID, reason: str
) -> RecoveryDetail:
    """Nothing is entered, and why."""
    _, asked = await _decide(session, caller, recovery_id, request_id, Action.REFUSE)
    asked.decision_reason = reason
    await session.flush()
    return await detail(session, recovery_id)


async def _decide(
    session: AsyncSession, caller: Caller, recovery_id: UUID, request_id: UUID, action: Action
) -> tuple[Recovery, RecoveryRequest]:
    one = await _find(session, recovery_id)
    asked = await repository.request(session, recovery_id, request_id)
    if asked is None:
        raise RequestNotFound
    try:
        after = move(RequestState(asked.state), action)
        check_second_person(caller.subject, [asked.requested_by])
    except MoveRefusedError as error:
        raise WrongState(f"{error}.", f"该登记当前状态为 {asked.state},不能进行此操作。", state=asked.state) from None
    except SamePersonError:
        raise SecondPersonNeeded from None
    asked.state, asked.decided_by, asked.decided_at = after, caller.subject, now()
    detail = {"request": str(request_id), "fen": asked.amount_fen}
    await audit.record(session, caller, f"recovery.{asked.kind}.{action}", str(recovery_id), detail=detail)
    return one, asked


async def _entries(session: AsyncSession, one: Recovery, asked: RecoveryRequest) -> list[dict[str, Any]]:
    """What a confirmed request enters: one entry, or for an offset one on either side."""
    kind = ENTRIES[RequestKind(asked.kind)]
    common = {name: getattr(asked, name) for name in ("amount_fen", "line_id", "recovery_id", "document_no", "note")}
    common |= {"request_id": asked.id, "recorded_by": asked.requested_by, "confirmed_by": asked.decided_by}
    entries = [common | {"account_id": one.account_id, "kind": kind}]
    if asked.line_id:
        other = await ledger.account_of(session, asked.line_id)
        entries.append(common | {"account_id": other, "kind": EntryKind.OFFSET_IN})
    return entries

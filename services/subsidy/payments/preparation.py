"""The job of a payment batch: ask the registry for accounts in bulk, seal them row by row, count and hash the file."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy import packs
from services.subsidy.engine import Pack
from services.subsidy.ledger import repository as ledger
from services.subsidy.payments import again, paymentfile, repository
from services.subsidy.payments.domain import BatchState, Instruction, ItemState
from services.subsidy.payments.models import Batch
from services.subsidy.runs import repository as runs
from shared.clock import Month
from shared.database import Scope
from shared.failure import described
from shared.faults import lacks_room
from shared.text import is_name

if TYPE_CHECKING:
    from shared.crypto import Keyring
    from shared.http import ServiceClient
    from shared.kernel import KernelState

BULK = 10_000
ATTEMPTS = 5
Account = tuple[str, str, str]
Payee = tuple[str, UUID]
"""Kind and id: an id alone says not whose account it is."""


@dataclass(frozen=True)
class LookedUp:
    """What the registry knows of payees: their accounts, and of whom a change of these waits for a decision."""

    accounts: Mapping[Payee, Account]
    pending: frozenset[Payee] = frozenset()


@dataclass(frozen=True)
class Sorted:
    """The lines of a batch: those of the file, those without an account, those held with their reasons."""

    reachable: Sequence[Any]
    missing: Sequence[Any]
    held: Sequence[tuple[Any, str]]


async def prepare_batch(kernel: KernelState, payload: dict[str, Any]) -> None:
    """Bring a batch from preparing to ready; to failed when it cannot be done after several tries."""
    batch_id = UUID(payload["batch_id"])
    async with kernel.database.transaction(Scope.everywhere()) as session:
        batch = await repository.batch(session, batch_id, for_update=True)
        if batch is None or batch.state != BatchState.PREPARING:
            return
        batch.attempts += 1
        await repository.make_room(session, Month.of(batch.month))
        due = await repository.payable(session, batch.run_id)
        attempt, month = batch.attempts, Month.of(batch.month)
    try:
        found = await look_up(kernel.clients, map(_payee, due), f"{month} 补贴发放 {batch_id}")
        async with kernel.database.transaction(Scope.everywhere()) as session:
            await fill(session, kernel.keyring, batch_id, found)
    except Exception as error:
        if attempt < ATTEMPTS or lacks_room(error):
            raise
        async with kernel.database.transaction(Scope.everywhere()) as session:
            batch = await repository.batch(session, batch_id, for_update=True)
            if batch and batch.state == BatchState.PREPARING:
                batch.state, batch.error = BatchState.FAILED, described(error, "prepare_batch")


def _payee(line: Any) -> Payee:  # noqa: ANN401  # a row
    return line.beneficiary_kind, line.beneficiary_id


async def look_up(clients: ServiceClient, payees: Iterable[Payee], purpose: str) -> LookedUp:
    """Holder, account and bank of those that have an account, and whose change waits; never stored in clear.

    One whose holder or bank is no name that a bank could read counts as none, until it is corrected.
    """
    wanted, accounts, pending = sorted(set(payees)), dict[Payee, Account](), set[Payee]()
    for start in range(0, len(wanted), BULK):
        asked = [{"kind": kind, "id": str(one)} for kind, one in wanted[start : start + BULK]]
        body = {"beneficiaries": asked, "purpose": purpose}
        answer = await clients.post("registry", "/v1/bank-accounts/lookup", body)
        for one in answer["accounts"]:
            payee = one["beneficiary_kind"], UUID(one["beneficiary_id"])
            if is_name(one["holder"]) and is_name(one["bank"]):
                accounts[payee] = (one["holder"], one["account"], one["bank"])
        pending |= {(one["kind"], UUID(one["id"])) for one in answer["pending"]}
    return LookedUp(accounts, frozenset(pending))


async def fill(session: AsyncSession, keyring: Keyring, batch_id: UUID, found: LookedUp) -> None:
    """Choose the lines anew under the locks of run and accounts, and look at each of them again, so that nothing
    decided or heard meanwhile is overlooked."""
    batch = await repository.batch(session, batch_id)
    if batch is None:
        return
    await runs.get(session, batch.run_id, for_update=True)
    await session.refresh(batch, with_for_update=True)
    if batch.state != BatchState.PREPARING:
        return
    await ledger.lock_run(session, batch.run_id)
    due = await repository.payable(session, batch.run_id)
    remarks = {
        (line.programme, line.month): f"{_named(law, line.programme)} {Month.of(line.month)}"
        for line in due
        for law in [await packs.recall(session, line.pack_hash)]
    }
    lines = _sort(due, found, await again.grounds(session, due))
    seal = partial(_sealed, keyring, batch, lines=lines, accounts=found.accounts, remarks=remarks)
    rows, batch.sha256 = await asyncio.to_thread(seal)
    await repository.store_items(session, Month.of(batch.month), rows)
    await ledger.add_sent(session, batch.id, batch.month, batch.created_by)
    batch.rows, batch.no_account, batch.held = len(lines.reachable), len(lines.missing), len(lines.held)
    batch.amount_fen = sum(line.amount_fen for line in lines.reachable)
    batch.held_fen = sum(line.amount_fen for line, _ in lines.held)
    batch.state = BatchState.READY if lines.reachable else BatchState.CLOSED
    batch.prepared_at = await session.scalar(func.clock_timestamp().select())


def _sort(due: Sequence[Any], found: LookedUp, grounds: Mapping[UUID, str]) -> Sorted:
    pending = {line.id: again.PENDING for line in due if _payee(line) in found.pending}
    reasons = pending | dict(grounds)
    free = [line for line in due if line.id not in reasons]
    return Sorted(
        [line for line in free if _payee(line) in found.accounts],
        [line for line in free if _payee(line) not in found.accounts],
        [(line, reasons[line.id]) for line in due if line.id in reasons],
    )


def _named(law: Pack, programme: str) -> str:
    """What the bank shows the payee: the programme's name, or its code where the name is none to a bank."""
    name = law.programmes[programme].name.zh
    return name if is_name(name) else programme


def _sealed(
    keyring: Keyring, batch: Batch, *, lines: Sorted, accounts: Mapping[Payee, Account], remarks: Mapping[Any, str]
) -> tuple[bytes, str]:
    """The rows as CSV with sealed accounts, and the SHA-256 of the file they give."""
    sealed = {one: keyring.encrypt(json.dumps(accounts[one])) for one in {_payee(line) for line in lines.reachable}}
    out = io.StringIO()
    rows = csv.writer(out)
    states = [(line, ItemState.SENT, "") for line in lines.reachable]
    states += [(line, ItemState.NO_ACCOUNT, "") for line in lines.missing]
    states += [(line, ItemState.HELD, reason) for line, reason in lines.held]
    for sequence, (line, state, reason) in enumerate(states, start=1):
        row = {"batch_id": batch.id, "month": batch.month, "sequence": sequence, "line_id": line.id, "state": state}
        row |= {"line_month": line.month, "remark": remarks[line.programme, line.month], "code": reason}
        row["account"] = "\\x" + sealed[_payee(line)].hex() if state is ItemState.SENT else ""
        rows.writerow(row[name] if name in row else getattr(line, name) for name in repository.ITEM_COLUMNS)
    instructions = (
        Instruction(n, line.id, *accounts[_payee(line)], line.amount_fen, remarks[line.programme, line.month])
        for n, line in enumerate(lines.reachable, start=1)
    )
    total = sum(line.amount_fen for line in lines.reachable)
    return out.getvalue().encode(), digest(file_of(batch, len(lines.reachable), total, instructions))


def file_of(batch: Batch, rows: int, amount_fen: int, instructions: Iterable[Instruction]) -> Iterator[bytes]:
    """The batch's payment file, piece by piece."""
    encoding: paymentfile.Encoding = "utf-8" if batch.encoding == "utf-8" else "gb18030"
    heading = paymentfile.Heading(batch.id, str(Month.of(batch.month)), rows, amount_fen, encoding)
    return paymentfile.write(heading, instructions)


def digest(pieces: Iterable[bytes]) -> str:
    """SHA-256 of a file made piece by piece."""
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece)
    return found.hexdigest()

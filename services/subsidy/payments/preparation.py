"""The job of a payment batch: ask the registry for accounts in bulk, seal them row by row, count and hash the file."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy import packs
from services.subsidy.engine import Pack
from services.subsidy.payments import paymentfile, repository
from services.subsidy.payments.domain import BatchState, Instruction, ItemState
from services.subsidy.payments.models import Batch
from services.subsidy.runs import repository as runs
from shared.clock import Month
from shared.database import Scope
from shared.failure import described
from shared.text import is_name

if TYPE_CHECKING:
    from shared.crypto import Keyring
    from shared.http import ServiceClient
    from shared.kernel import KernelState

BULK = 10_000
ATTEMPTS = 5
Account = tuple[str, str, str]


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
        accounts = await look_up(kernel.clients, {line.beneficiary_id for line in due}, f"{month} 补贴发放 {batch_id}")
        async with kernel.database.transaction(Scope.everywhere()) as session:
            await _fill(session, kernel.keyring, batch_id, accounts)
    except Exception as error:
        if attempt < ATTEMPTS:
            raise
        async with kernel.database.transaction(Scope.everywhere()) as session:
            batch = await repository.batch(session, batch_id, for_update=True)
            if batch and batch.state == BatchState.PREPARING:
                batch.state, batch.error = BatchState.FAILED, described(error, "prepare_batch")


async def look_up(clients: ServiceClient, ids: Iterable[UUID], purpose: str) -> dict[UUID, Account]:
    """Holder, account and bank of those beneficiaries that have an account; never stored in clear.

    One whose holder or bank is no name that a bank could read counts as none, until it is corrected.
    """
    wanted, found = sorted(ids), {}
    for start in range(0, len(wanted), BULK):
        asked = [str(one) for one in wanted[start : start + BULK]]
        body = {"beneficiary_ids": asked, "purpose": purpose}
        answer = await clients.post("registry", "/v1/bank-accounts/lookup", body)
        for one in answer["accounts"]:
            if is_name(one["holder"]) and is_name(one["bank"]):
                found[UUID(one["beneficiary_id"])] = (one["holder"], one["account"], one["bank"])
    return found


async def _fill(session: AsyncSession, keyring: Keyring, batch_id: UUID, accounts: Mapping[UUID, Account]) -> None:
    """Choose the lines anew under the run's lock, so that nothing decided meanwhile is overlooked."""
    batch = await repository.batch(session, batch_id, for_update=True)
    if batch is None or batch.state != BatchState.PREPARING:
        return
    await runs.get(session, batch.run_id, for_update=True)
    due = await repository.payable(session, batch.run_id)
    remarks = {
        (line.programme, line.month): f"{_named(law, line.programme)} {Month.of(line.month)}"
        for line in due
        for law in [await packs.recall(session, line.pack_hash)]
    }
    reachable = [line for line in due if line.beneficiary_id in accounts]
    missing = [line for line in due if line.beneficiary_id not in accounts]
    seal = partial(_sealed, keyring, batch, reachable=reachable, missing=missing, accounts=accounts, remarks=remarks)
    rows, batch.sha256 = await asyncio.to_thread(seal)
    await repository.store_items(session, Month.of(batch.month), rows)
    batch.rows, batch.no_account = len(reachable), len(missing)
    batch.amount_fen = sum(line.amount_fen for line in reachable)
    batch.state = BatchState.READY if reachable else BatchState.CLOSED
    batch.prepared_at = await session.scalar(func.clock_timestamp().select())


def _named(law: Pack, programme: str) -> str:
    """What the bank shows the payee: the programme's name, or its code where the name is none to a bank."""
    name = law.programmes[programme].name.zh
    return name if is_name(name) else programme


def _sealed(
    keyring: Keyring,
    batch: Batch,
    *,
    reachable: Sequence[Any],
    missing: Sequence[Any],
    accounts: Mapping[UUID, Account],
    remarks: Mapping[Any, str],
) -> tuple[bytes, str]:
    """The rows as CSV with sealed accounts, and the SHA-256 of the file they give."""
    sealed = {one: keyring.encrypt(json.dumps(accounts[one])) for one in {line.beneficiary_id for line in reachable}}
    out = io.StringIO()
    rows = csv.writer(out)
    for sequence, line in enumerate([*reachable, *missing], start=1):
        blob = sealed.get(line.beneficiary_id)
        state = ItemState.SENT if blob else ItemState.NO_ACCOUNT
        row = {"batch_id": batch.id, "month": batch.month, "sequence": sequence, "line_id": line.id, "state": state}
        row |= {"line_month": line.month, "remark": remarks[line.programme, line.month]}
        row["account"] = "\\x" + blob.hex() if blob else ""
        rows.writerow(row[name] if name in row else getattr(line, name) for name in repository.ITEM_COLUMNS)
    instructions = (
        Instruction(n, line.id, *accounts[line.beneficiary_id], line.amount_fen, remarks[line.programme, line.month])
        for n, line in enumerate(reachable, start=1)
    )
    total = sum(line.amount_fen for line in reachable)
    return out.getvalue().encode(), digest(file_of(batch, len(reachable), total, instructions))


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

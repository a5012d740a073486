"""A payment file on its way out: made page by page beside the event loop, whatever its length."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from typing import Any

from services.subsidy.payments import repository
from services.subsidy.payments.domain import Instruction
from services.subsidy.payments.models import Batch
from services.subsidy.payments.preparation import file_of
from shared.crypto import Keyring
from shared.database import Database, Scope

PAGE = 2_000
"""Rows that are read and opened at a time."""


async def pieces(database: Database, scope: Scope, keyring: Keyring, batch: Batch) -> AsyncIterator[bytes]:
    """The file's bytes, each page in a short transaction of its own.

    Raises:
        RuntimeError: it is no longer the file that was hashed; its last line, which makes it one, is not given out.
    """
    loop = asyncio.get_running_loop()

    def instructions() -> Iterator[Instruction]:  # runs in the thread that pulls the pieces
        after = 0
        while rows := asyncio.run_coroutine_threadsafe(_page(database, scope, batch, after), loop).result():
            yield from (_instruction(row, keyring) for row in rows)
            after = rows[-1].sequence

    made = file_of(batch, batch.rows or 0, batch.amount_fen or 0, instructions())
    digest, last = hashlib.sha256(), b""
    while several := await asyncio.to_thread(_some, made):
        for piece in several:
            digest.update(piece)
        yield last + b"".join(several[:-1])
        last = several[-1]
    if digest.hexdigest() != batch.sha256:
        raise RuntimeError(f"payment batch {batch.id} no longer gives the file that was hashed")
    yield last


async def _page(database: Database, scope: Scope, batch: Batch, after: int) -> Sequence[Any]:
    async with database.transaction(scope) as session:
        return await repository.rows_of_file(session, batch, after, PAGE)


def _instruction(row: Any, keyring: Keyring) -> Instruction:  # noqa: ANN401  # a row of the database
    holder, number, bank = json.loads(keyring.decrypt(row.account))
    return Instruction(row.sequence, row.line_id, holder, number, bank, row.amount_fen, row.remark)


def _some(made: Iterator[bytes]) -> list[bytes]:
    return list(islice(made, PAGE))

"""Use cases of imports: take a file, work through it block by block exactly once, show how far it is."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator, Set
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.cursors import Position, next_cursor
from services.registry.desk import Desk
from services.registry.errors import ImportNotFound, ImportRunning, UnreadableFile
from services.registry.imports import repository
from services.registry.imports.batch import TWICE, Batch, Entry, Preparer, Task
from services.registry.imports.domain import CHINESE, NUMBER, FileError, Reject, RowError
from services.registry.imports.models import Import
from services.registry.imports.parsing import blocks, read
from services.registry.imports.rows import Rules
from services.registry.imports.schemas import ImportOut
from services.registry.search.blinding import blinder_of
from shared import audit, sheets
from shared.auth import Caller
from shared.clock import date_of
from shared.contracts.registry import SeniorSnapshot
from shared.crypto import Keyring
from shared.database import Database, Scope
from shared.errors import FieldError
from shared.events import outbox
from shared.ids import new_id
from shared.jobs import enqueue
from shared.paging import Page

JOB = "import-seniors"
ROWS_PER_BLOCK = 2000
MOST_TOLD = 5000
"""Rejected rows of a file that are told with their errors; the others by their numbers."""
REJECTS = ("row", "column", "code", "说明", "message")
KNOWN = RowError(NUMBER, "registered", "The number is on the register already.", "该身份证号此前已登记。")


async def accept(desk: Desk, file_name: str, source: str, content: bytes, *, dry_run: bool = False) -> ImportOut:
    """Keep a file, encrypted, and ask for the job that works through it; a dry run registers nobody.

    Raises:
        UnreadableFile: not the published CSV at all; single bad rows are no reason.
    """
    row, parts = await asyncio.to_thread(_unpack, desk, file_name, source, content)
    row.dry_run = dry_run
    await repository.add(desk.session, row, parts)
    await enqueue(desk.session, JOB, {"import_id": str(row.import_id)})
    detail = {"file_name": file_name, "sha256": row.file_hash.hex(), "rows": row.rows_total, "dry_run": dry_run}
    action = f"registry.imports.{'dry-run' if dry_run else 'accept'}"
    await audit.record(desk.session, desk.caller, action, str(row.import_id), detail=detail)
    return shown(row)


async def find(desk: Desk, import_id: UUID, *, for_update: bool = False) -> Import:
    """The import, or ImportNotFound (404)."""
    row = await repository.get(desk.session, import_id, for_update=for_update)
    if row is None:
        raise ImportNotFound
    return row


async def page(desk: Desk, after: Position, limit: int) -> Page[ImportOut]:
    """One page of the imports."""
    rows = list(await repository.page(desk.session, after, limit + 1))
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(
        items=[shown(row) for row in rows[:limit]], next=next_cursor(last.region, last.import_id) if last else None
    )


async def rejects(database: Database, caller: Caller, import_id: UUID) -> AsyncIterator[bytes]:
    """The reject file as CSV for spreadsheets (UTF-8 with a mark), each piece in a short transaction of its own."""
    yield sheets.head(REJECTS)
    rows: list[Any] = []
    line: int | None = 0
    while line is not None:
        yield sheets.piece(rows)
        async with database.transaction(Scope.of(caller)) as session:
            rows, line = await repository.rejects_after(session, import_id, line)


async def resume(desk: Desk, import_id: UUID) -> ImportOut:
    """Ask again for a job that failed for good; blocks that are done stay done."""
    row = await find(desk, import_id, for_update=True)
    if row.status != "failed":
        raise ImportRunning
    row.status, row.error = "waiting", None
    await enqueue(desk.session, JOB, {"import_id": str(import_id)})
    return shown(row)


def shown(row: Import) -> ImportOut:
    """An import as an answer."""
    return ImportOut.model_validate(row, from_attributes=True)


def task_of(row: Import) -> Task:
    """What a job needs to know of its import."""
    rules = Rules(date_of(row.created_at), tuple(row.prefixes), row.source)
    return Task(row.import_id, row.region, tuple(row.columns), rules, row.requested_by, row.dry_run)


async def write(session: AsyncSession, task: Task, first_line: int, batch: Batch) -> bool:
    """Write one block with everything that belongs to it; False when it was written before."""
    if not await repository.take_block(session, task.import_id, first_line):
        return False
    good = await (_try(session, task, batch) if task.dry_run else _register(session, task, batch))
    rejected = await repository.count(session, task.import_id, good, batch.rejected_rows)
    told = batch.tell(max(MOST_TOLD - rejected + batch.rejected_rows, 0))
    await repository.add_rejects(session, task, [_in_words(reject) for reject in told])
    return True


async def _register(session: AsyncSession, task: Task, batch: Batch) -> int:
    """Write a block's people and reject those who are known; how many were new."""
    new = await repository.add_seniors(session, task, batch.entries, batch.at)
    added = [entry for entry in batch.entries if entry.senior_id in new]
    known = [entry for entry in batch.entries if entry.senior_id not in new]
    if known:
        _reject(batch, known, await repository.from_this_file(session, task, [entry.blind for entry in known]))
    await repository.add_facts(session, task, added, batch.at)
    await repository.add_tokens(session, added)
    await outbox.add_json(session, SeniorSnapshot, [str(e.senior_id) for e in added], [e.snapshot for e in added])
    return len(added)


async def _try(session: AsyncSession, task: Task, batch: Batch) -> int:
    """Judge a block's people as `_register` would; how many would be new."""
    blinds = [entry.blind for entry in batch.entries]
    registered = await repository.registered(session, blinds)
    twice = set(blinds) - registered - await repository.first_seen(session, task, blinds)
    _reject(batch, [entry for entry in batch.entries if entry.blind in registered | twice], twice)
    return len(batch.entries) - len(registered | twice)


def _reject(batch: Batch, known: Iterable[Entry], twice: Set[bytes]) -> None:
    for entry in known:
        batch.reject(entry.line, [TWICE if entry.blind in twice else KNOWN])


def _in_words(reject: Reject) -> Reject:
    """Say the column's Chinese name in front of the Chinese text."""
    error = reject.error
    return Reject(reject.row, RowError(error.column, error.code, error.en, f"{CHINESE[error.column]}:{error.zh}"))


def _unpack(desk: Desk, file_name: str, source: str, content: bytes) -> tuple[Import, list[dict[str, Any]]]:
    try:
        sheet = read(content)
    except FileError as error:
        raise UnreadableFile(error.en, error.zh, [FieldError.of("/file", error.code, error.en, error.zh)]) from error
    import_id = new_id()
    region = (desk.caller.regions[0] if desk.caller.regions else "").ljust(12, "0")
    cut = list(blocks(sheet.text, ROWS_PER_BLOCK))
    row = Import(
        import_id=import_id,
        region=region,
        prefixes=list(desk.caller.regions),
        requested_by=desk.caller.subject,
        file_name=file_name,
        file_hash=hashlib.sha256(content).digest(),
        encoding=sheet.encoding,
        columns=list(sheet.columns),
        source=source,
        status="waiting",
        rows_total=sum(rows for _, rows, _ in cut),
        rows_read=0,
        rows_done=0,
        rows_rejected=0,
        error=None,
        created_at=desk.at,
        finished_at=None,
    )
    sealed = _sealed(desk.keyring, cut)
    return row, [part | {"import_id": import_id, "region": region} for part in sealed]


def _sealed(keyring: Keyring, cut: list[tuple[int, int, str]]) -> Iterator[dict[str, Any]]:
    for first_line, _, text in cut:
        yield {"first_line": first_line, "content": keyring.encrypt(text)}


def preparer(task: Task, keyring: Keyring) -> Preparer:
    """What prepares the blocks of an import."""
    return Preparer(task, keyring, blinder_of(keyring))

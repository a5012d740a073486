"""Background work of the registry."""

import asyncio
from typing import Any
from uuid import UUID

from services.registry.imports import repository, service
from services.registry.imports.batch import Batch
from services.registry.imports.models import Import
from services.registry.seniors import service as seniors
from shared.clock import now
from shared.database import Scope
from shared.failure import described
from shared.faults import lacks_room
from shared.kernel import JobHandler, KernelState

Prepared = tuple[int, Batch]
INDEX = "registry.index-names"
NAMES_AT_ONCE = 500
FIRST = UUID(int=0)
"""Before every id."""


async def import_seniors(kernel: KernelState, payload: dict[str, Any]) -> None:
    """Work through an import. A worker that dies leaves whole blocks done, and the next one goes on after them."""
    import_id = UUID(payload["import_id"])
    row = await _mark(kernel, import_id, "running")
    if row is None:
        return
    try:
        await _run(kernel, row)
    except Exception as error:
        if lacks_room(error):
            raise
        await _mark(kernel, import_id, "failed", described(error, service.JOB))
        raise
    await _mark(kernel, import_id, "finished")


async def _run(kernel: KernelState, row: Import) -> None:
    """Prepare the next block in a thread while the database writes this one."""
    task, scope = service.task_of(row), Scope(tuple(row.prefixes))
    prepared = await _prepare(kernel, row, scope, 0)
    while prepared:
        first_line, batch = prepared
        following = asyncio.create_task(_prepare(kernel, row, scope, first_line))
        try:
            async with kernel.database.transaction(scope) as session:
                await service.write(session, task, first_line, batch)
        finally:
            prepared = await following


async def _prepare(kernel: KernelState, row: Import, scope: Scope, after_line: int) -> Prepared | None:
    async with kernel.database.transaction(scope) as session:
        block = await repository.next_block(session, row.import_id, after_line)
    if block is None:
        return None
    preparer = service.preparer(service.task_of(row), kernel.keyring)
    text = kernel.keyring.decrypt(block.content)
    return block.first_line, await asyncio.to_thread(preparer.prepare, block.first_line, text, now())


async def _mark(kernel: KernelState, import_id: UUID, status: str, error: str | None = None) -> Import | None:
    """Note the state of an import that has not finished; None when it has, or is unknown."""
    async with kernel.database.transaction(Scope.everywhere()) as session:
        row = await repository.get(session, import_id, for_update=True)
        if row is None or row.status == "finished":
            return None
        row.status, row.error = status, error
        row.finished_at = now() if status == "finished" else None
        if row.finished_at:
            await repository.forget_seen(session, import_id)
        return row


async def index_names(kernel: KernelState, _payload: dict[str, Any]) -> None:
    """Index names anew that are indexed by older rules, some in a transaction; safe to run again at any time."""
    last: UUID | None = FIRST
    while last:
        async with kernel.database.transaction(Scope.everywhere()) as session:
            last = await seniors.index_older(session, kernel.keyring, last, NAMES_AT_ONCE)


JOBS: dict[str, JobHandler] = {service.JOB: import_seniors, INDEX: index_names}
SCHEDULES = {INDEX: "23 18 * * *"}
"""At 2:23 in Shanghai, written in UTC."""

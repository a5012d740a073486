"""What every step of an entry does: lock, check the state, write the step, count the version, leave an audit entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.credit.lists import grounds, repository
from services.credit.lists.bases import Basis, catalogue
from services.credit.lists.domain import State, Step, next_state
from services.credit.lists.models import ListEntry, ListStep
from services.credit.lists.problems import answered
from shared import audit
from shared.errors import NotFound
from shared.etag import check_version
from shared.ids import new_id

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from shared.auth import Caller


@dataclass(frozen=True)
class Done:
    """When a step was done, by which document, and what else it says."""

    on: date
    document_no: str
    detail: dict[str, Any]


async def locked(session: AsyncSession, entry_id: UUID, if_match: str | None) -> ListEntry:
    """The entry, held until the end of the transaction. NotFound (404), PreconditionFailed (412)."""
    entry = await repository.find(session, entry_id, for_update=True)
    if entry is None:
        raise NotFound
    check_version(if_match, entry.version)
    return entry


async def advance(session: AsyncSession, caller: Caller, entry: ListEntry, step: Step, done: Done) -> ListEntry:
    """Take the step. IllegalStep (409) when the state does not allow it."""
    with answered():
        entry.state = next_state(State(entry.state), step)
    entry.version += 1
    add_step(session, caller, entry, step, done)
    detail = {"document_no": done.document_no, "done_on": done.on.isoformat(), "region": entry.region}
    await audit.record(session, caller, f"credit.list.{step}", str(entry.entry_id), detail=detail)
    await session.flush()
    return entry


def add_step(session: AsyncSession, caller: Caller, entry: ListEntry, step: Step, done: Done) -> None:
    """Write the step down, with the day on which the next one is due if that is decided."""
    due = grounds.next_due(basis_of(entry), step, done.on)
    session.add(
        ListStep(
            step_id=new_id(),
            entry_id=entry.entry_id,
            region=entry.region,
            step=step,
            done_on=done.on,
            done_by=caller.subject,
            client=caller.client,
            document_no=done.document_no,
            next_due_on=due.on if due else None,
            next_due_provisional=due.provisional if due else False,
            detail=done.detail,
        )
    )


def basis_of(entry: ListEntry) -> Basis:
    """The document an entry rests on."""
    found = catalogue().basis(entry.legal_basis)
    if found is None:
        raise LookupError(f"bases.yaml has lost {entry.legal_basis}, on which entries rest")
    return found

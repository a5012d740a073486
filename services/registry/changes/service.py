"""Use cases of changes: ask for one, decide on it as a second person, withdraw it, look at both values."""

import json
from collections.abc import Callable
from typing import Literal
from uuid import UUID

from services.registry.changes import files, repository
from services.registry.changes.domain import Action, State, settle
from services.registry.changes.models import Change
from services.registry.changes.schemas import ChangeOut, ChangeRevealed, Request, ValueOut
from services.registry.cursors import Position, next_cursor
from services.registry.desk import Desk
from services.registry.errors import (
    ChangeNotFound,
    ChangeOpen,
    ChangeSettled,
    OutsideOrganization,
    SecondPersonNeeded,
)
from services.registry.subjects.domain import SubjectKind, Topic
from shared import audit
from shared.contracts.registry import ChangeRecorded
from shared.events import outbox
from shared.ids import new_id
from shared.masking import mask_account, mask_identity_number, mask_name
from shared.paging import Page
from shared.workflow import MoveRefusedError, SamePersonError

ABOUT: dict[str, Literal["payment", "identity"]] = {Topic.ACCOUNT: "payment", Topic.IDENTITY: "identity"}
"""How an event says the topic: no event has a word for an account."""
VersionCheck = Callable[[int], None]
"""Raises when the caller has not read this version."""


async def request(desk: Desk, kind: SubjectKind, subject_id: UUID, body: Request, check: VersionCheck) -> ChangeOut:
    """Ask for a change; nothing changes yet, and nothing is paid to the subject meanwhile.

    Raises:
        ChangeOpen: the subject has an open request on the same topic.
    """
    if desk.caller.organization not in {None, subject_id if kind is SubjectKind.ORGANIZATION else None}:
        raise OutsideOrganization
    file = await files.find(desk, kind, subject_id)
    check(file.version)
    new = await files.asked(desk, file, body)
    change = await repository.add(
        desk.session,
        {
            "change_id": new_id(),
            "region": file.region,
            "version": 1,
            "subject_kind": kind,
            "subject_id": subject_id,
            "topic": body.topic,
            "state": State.REQUESTED,
            "old_value": desk.keyring.encrypt(json.dumps(files.said(desk, file, new))),
            "new_value": desk.keyring.encrypt(json.dumps(new)),
            "document_no": body.document_no,
            "reason": body.reason,
            "requested_by": desk.caller.subject,
            "requested_client": desk.caller.client,
            "requested_at": desk.at,
        },
    )
    if change is None:
        raise ChangeOpen
    return await _noted(desk, change, "request")


async def decide(desk: Desk, change_id: UUID, action: Action, reason: str | None, check: VersionCheck) -> ChangeOut:
    """Approve, refuse or withdraw. Approving writes the new value; the file is locked first, as by every request."""
    found = await find(desk, change_id)
    file = await files.find(desk, found.subject_kind, found.subject_id)
    change = await find(desk, change_id, for_update=True)
    check(change.version)
    try:
        state = settle(State(change.state), action, actor=desk.caller.subject, author=change.requested_by)
    except SamePersonError:
        raise SecondPersonNeeded from None
    except MoveRefusedError as error:
        raise ChangeSettled(
            f"{error}.", f"该事项当前状态为 {change.state},不能进行此操作。", state=change.state
        ) from None
    if action is Action.APPROVE:
        await files.write(desk, file, json.loads(desk.keyring.decrypt(change.new_value)))
    change.state, change.version = state, change.version + 1
    change.settled_by, change.settled_client = desk.caller.subject, desk.caller.client
    change.settled_at, change.settled_reason = desk.at, reason
    await desk.session.flush()
    return await _noted(desk, change, action)


async def find(desk: Desk, change_id: UUID, *, for_update: bool = False) -> Change:
    """A request of the caller's regions, or ChangeNotFound (404)."""
    change = await repository.get(desk.session, change_id, for_update=for_update)
    if change is None:
        raise ChangeNotFound
    return change


async def read(desk: Desk, change_id: UUID) -> ChangeOut:
    """One request."""
    return shown(desk, await find(desk, change_id))


async def page(desk: Desk, filters: dict[str, UUID | str | None], after: Position, limit: int) -> Page[ChangeOut]:
    """One page of the requests; those that are settled are the history of their subjects."""
    rows = list(await repository.page(desk.session, filters, after, limit + 1))
    last = rows[limit - 1] if len(rows) > limit else None
    items = [shown(desk, row) for row in rows[:limit]]
    return Page(items=items, next=next_cursor(last.region, last.change_id) if last else None)


async def reveal(desk: Desk, change_id: UUID, purpose: str) -> ChangeRevealed:
    """Show both values in clear to who decides, and write down who looked and why."""
    change = await find(desk, change_id)
    await audit.record(
        desk.session, desk.caller, "registry.changes.reveal", str(change_id), purpose=purpose, detail=_audited(change)
    )
    return ChangeRevealed(change_id=change_id, old=_value(desk, change.old_value), new=_value(desk, change.new_value))


def shown(desk: Desk, change: Change) -> ChangeOut:
    """A request as an answer, masked."""
    public = change.subject_kind == SubjectKind.ORGANIZATION
    plain = {name: getattr(change, name) for name in ChangeOut.model_fields if name not in {"old", "new"}}
    old, new = (_masked(_value(desk, blob), public=public) for blob in (change.old_value, change.new_value))
    return ChangeOut(**plain, old=old, new=new)


def _value(desk: Desk, blob: bytes) -> ValueOut:
    stored = json.loads(desk.keyring.decrypt(blob))
    return ValueOut(
        **{name: stored[name] for name in stored if name != "bank_account"} | (stored.get("bank_account") or {})
    )


def _masked(value: ValueOut, *, public: bool) -> ValueOut:
    """Masked; the name of an organisation is public."""
    masks = {"identity_number": mask_identity_number, "account": mask_account, "holder": mask_name}
    masks |= {} if public else {"name": mask_name}
    return value.model_copy(
        update={name: mask(text) for name, mask in masks.items() if (text := getattr(value, name)) is not None}
    )


def _audited(change: Change) -> dict[str, str]:
    return {
        "subject_kind": change.subject_kind,
        "subject_id": str(change.subject_id),
        "topic": change.topic,
        "document_no": change.document_no,
    }


async def _noted(desk: Desk, change: Change, step: str) -> ChangeOut:
    """Each step is an audit entry and an event, neither with any value."""
    await audit.record(
        desk.session, desk.caller, f"registry.changes.{step}", str(change.change_id), detail=_audited(change)
    )
    await outbox.add(
        desk.session,
        ChangeRecorded(
            change_id=change.change_id,
            version=change.version,
            subject_kind=change.subject_kind,
            subject_id=change.subject_id,
            region=change.region,
            about=ABOUT[change.topic],
            state=change.state,
            recorded_at=desk.at,
        ),
    )
    return shown(desk, change)

"""Use case of workers: tell one from another without passing on who they are."""

from __future__ import annotations

from services.registry.desk import Desk
from services.registry.errors import WrongDates
from services.registry.lives.ages import least_age
from services.registry.lives.domain import age_on
from services.registry.seniors.service import read_identity
from services.registry.workers import repository
from services.registry.workers.schemas import WorkerIn, WorkerKeyOut
from shared import audit
from shared.contracts.registry import WorkerKnown
from shared.events import outbox

PURPOSE = "registry.worker"
"""What the key is made for: no other index of the same number has the same values."""


async def identify(desk: Desk, body: WorkerIn) -> WorkerKeyOut:
    """The key of an identity number. Others hear that it was made here, so that nobody can think one up.

    One number a call, each an entry of the audit log under its key: trying numbers is slow and seen.

    Raises:
        WrongDates: nobody of that age may work.
    """
    identity = read_identity(body.identity_number, desk.today)
    least = least_age("worker", desk.today)
    if age_on(identity.birth_date, desk.today) < least:
        raise WrongDates.at("/identity_number", f"A worker is at least {least}.", f"从业人员须年满{least}周岁。")
    key = desk.keyring.blind(identity.number, PURPOSE).hex()
    if await repository.keep(desk.session, key, desk.at):
        await outbox.add(desk.session, WorkerKnown(worker_key=key, recorded_at=desk.at))
    await audit.record(desk.session, desk.caller, "registry.workers.identify", key, purpose=body.purpose)
    return WorkerKeyOut(worker_key=key)

"""Background work of the visits service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.visits.deliveries import neighbours
from services.visits.judgements import repository
from services.visits.judgements import service as judgements
from services.visits.judgements.domain import Touch
from services.visits.judgements.service import AT_ONCE, BEGINNING, judge_again
from services.visits.subjects.repository import lock_vendors
from shared.database import Scope

if TYPE_CHECKING:
    from shared.kernel import JobHandler, KernelState


async def judge(kernel: KernelState, payload: dict[str, Any]) -> None:
    """Judge everything again that changed facts touch, a thousand deliveries in a transaction; safe to run again."""
    touches = [Touch.of(each) for each in payload["touches"]]
    vendors = [touch.subject_id for touch in touches if touch.subject == "vendor"]
    beyond: UUID | None = BEGINNING
    while beyond is not None:
        async with kernel.database.transaction(Scope.everywhere()) as session:
            await lock_vendors(session, vendors)
            found = await repository.touched(session, touches, beyond, AT_ONCE)
            await judge_again(session, found)
        beyond = found[-1][0] if len(found) == AT_ONCE else None


async def judge_neighbours(kernel: KernelState, payload: dict[str, Any]) -> None:
    """Judge those again that were compared with deliveries which have been corrected away or refused."""
    async with kernel.database.transaction(Scope.everywhere()) as session:
        lost = [(UUID(delivery_id), sequence) for delivery_id, sequence in payload["lost"]]
        await judgements.judge_neighbours(session, lost)


JOBS: dict[str, JobHandler] = {judgements.JOB: judge, neighbours.JOB: judge_neighbours}

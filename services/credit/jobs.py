"""Background work of the credit service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.credit.lists.aftermath import expire_due
from shared.clock import today
from shared.database import Scope

if TYPE_CHECKING:
    from shared.kernel import JobHandler, KernelState

AT_ONCE = 100
EXPIRE = "credit.expire"


async def expire(kernel: KernelState, _payload: dict[str, Any]) -> None:
    """End every listing whose last day has passed, a hundred in a transaction; safe to run again at any time."""
    done = AT_ONCE
    while done == AT_ONCE:
        async with kernel.database.transaction(Scope.everywhere()) as session:
            done = await expire_due(session, today(), AT_ONCE)


JOBS: dict[str, JobHandler] = {EXPIRE: expire}
SCHEDULES = {EXPIRE: "5 16 * * *"}
"""Five past midnight in Shanghai, written in UTC."""

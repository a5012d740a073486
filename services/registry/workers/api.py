"""Route of workers' keys 从业人员标识."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response

from services.registry import errors
from services.registry.desk import Desk, desk_with
from services.registry.workers import service
from services.registry.workers.schemas import WorkerIn, WorkerKeyOut
from shared.api import router
from shared.errors import problems

workers = router("/v1/worker-keys", "workers 从业人员")
Identifier = Annotated[Desk, desk_with("registry.workers:identify")]


@workers.post(
    "",
    summary="The key of a worker 查询从业人员标识",
    responses=problems(errors.WrongIdentityNumber, errors.WrongDates),
)
async def identify_worker(body: WorkerIn, desk: Identifier, response: Response) -> WorkerKeyOut:
    """A keyed hash of the identity number, by which benefits know a person over all papers. Each call is audited."""
    response.headers["cache-control"] = "no-store"
    return await service.identify(desk, body)

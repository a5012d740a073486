"""Routes of simulations 政策测算."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from services.subsidy.errors import (
    ChangeRefused,
    DraftRefused,
    NoPolicy,
    OutsideRegion,
    SimulationNotDone,
    SimulationNotFound,
    TooManySimulations,
    UnknownRegion,
    WrongState,
)
from services.subsidy.simulations import repository, service, views
from services.subsidy.simulations.results import SimulationDetail
from services.subsidy.simulations.schemas import SimulationIn, SimulationOut
from shared.answers import LOCATED
from shared.apart import TooCostly
from shared.api import Kernel, Session, bounded, router
from shared.auth import Caller, require
from shared.clock import now
from shared.errors import problems
from shared.paging import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_id, sliced

routes = router("/v1/simulations", "simulations 测算")
Reader = Annotated[Caller, require("subsidy.simulations:read")]
Writer = Annotated[Caller, require("subsidy.simulations:write")]
MOST_BYTES = 4 * 1024 * 1024
ALONE = "default-src 'none'; style-src 'unsafe-inline'"
"""The chart may style itself, and nothing else."""

TABLE_EXAMPLE = (
    "月份 month,区划代码 district,地区 name,项目代码 programme,现行费用(元) today,调整后费用(元) changed\r\n"
    "2026-10,321202000000,示范区,longevity_allowance,100000.00,120000.00\r\n"
)
SVG, XML = "image/svg+xml", "text/xml"
"""A chart is both; not every client knows the first."""
CHART_EXAMPLE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 240"></svg>'


def _file(what: str, example: str, *kinds: str) -> dict[int | str, dict[str, Any]]:
    answer = {
        "description": what,
        "content": {kind: {"schema": {"type": "string"}, "example": example} for kind in kinds},
    }
    return problems(SimulationNotFound, SimulationNotDone) | {200: answer}


@routes.post(
    "",
    summary="Ask what a changed law would cost 发起政策测算",
    status_code=202,
    max_body_size=MOST_BYTES,
    responses=problems(
        *(OutsideRegion, UnknownRegion, NoPolicy, ChangeRefused, DraftRefused, TooManySimulations, TooCostly)
    )
    | {202: LOCATED},
)
@bounded(values=50_000, at_once=2)
async def create_simulation(
    body: SimulationIn, session: Session, kernel: Kernel, caller: Writer, response: Response
) -> SimulationOut:
    """Work out both laws, in force and changed, on the register as it is now, in the background.

    Each side is what a run would pay by its law, benefits that may not be had together included 含叠加享受规则.
    Nothing is decided and nothing is paid. Values under a floor are refused unless `ignore_floors` says otherwise.
    """
    one = await service.create(session, kernel.settings, caller, body, now())
    response.headers["location"] = f"/subsidy/v1/simulations/{one.id}"
    return (await service.shown(session, kernel.settings, [one]))[0]


@routes.get("", summary="List simulations 测算列表")
async def list_simulations(
    session: Session,
    kernel: Kernel,
    caller: Reader,  # noqa: ARG001  # the scope
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[SimulationOut]:
    """Simulations of the caller's regions, the newest first."""
    found = await repository.page(session, cursor_id(cursor), limit + 1)
    return sliced(await service.shown(session, kernel.settings, found), limit)


@routes.get("/{simulation_id}", summary="Read a simulation 测算进度与结果", responses=problems(SimulationNotFound))
@bounded(at_once=2)
async def read_simulation(simulation_id: UUID, session: Session, kernel: Kernel, caller: Reader) -> SimulationDetail:
    """How far it is and, when it is done, cost and people by district, programme and month, by age and by level."""
    return await service.detail(session, kernel.settings, caller, simulation_id)


@routes.delete(
    "/{simulation_id}", summary="Cancel a simulation 取消测算", responses=problems(SimulationNotFound, WrongState)
)
async def cancel_simulation(simulation_id: UUID, session: Session, kernel: Kernel, caller: Writer) -> SimulationOut:
    """Stop one that waits or runs; what it found so far is deleted."""
    one = await service.cancel(session, caller, simulation_id, now())
    return (await service.shown(session, kernel.settings, [one]))[0]


@routes.get(
    "/{simulation_id}/table.csv",
    summary="Download a simulation as a table 下载测算表",
    response_class=Response,
    responses=_file("UTF-8 with a mark: per month, district and programme 测算表", TABLE_EXAMPLE, "text/csv"),
)
@bounded(at_once=2)
async def read_simulation_table(simulation_id: UUID, session: Session, kernel: Kernel, caller: Reader) -> Response:
    """For spreadsheets; no cell can become a formula."""
    result = await service.result(session, kernel.settings, caller, simulation_id)
    headers = {"content-disposition": f'attachment; filename="simulation-{simulation_id}.csv"'}
    table = await asyncio.to_thread(views.csv_of, result)
    return Response(table, media_type="text/csv; charset=utf-8", headers=headers)


@routes.get(
    "/{simulation_id}/chart.svg",
    summary="Draw a simulation as a chart 测算图",
    response_class=Response,
    responses=_file("Bars of both costs, without scripts and fonts 柱状图", CHART_EXAMPLE, SVG, XML),
)
@bounded(at_once=2)
async def read_simulation_chart(
    *,
    request: Request,
    simulation_id: UUID,
    session: Session,
    kernel: Kernel,
    caller: Reader,
    by: Annotated[
        views.By | None, Query(description="Bars per district or per month; null: months if several 分组方式")
    ] = None,
) -> Response:
    """Today beside changed, per district or month; readable on light and on dark."""
    result = await service.result(session, kernel.settings, caller, simulation_id)
    months = await service.months_of(session, simulation_id)
    headers = {"content-security-policy": ALONE, "x-content-type-options": "nosniff"}
    drawn = await asyncio.to_thread(views.svg_of, result, months, by)
    return Response(drawn, media_type=XML if request.headers.get("accept") == XML else SVG, headers=headers)

"""People who ask what a changed law would cost, and what they ask."""

from __future__ import annotations

from typing import Any

import httpx

from services.subsidy.simulations.work import simulate
from tests.integration.subsidy.town import REGION, Town

READ, WRITE = "subsidy.simulations:read", "subsidy.simulations:write"
AGE, STAY, MEAL = "longevity_allowance", "operating_subsidy", "meal_subsidy"
RAISED = {
    "parameter": f"{AGE}.amount",
    "bands": [
        {"at_least": 80, "at_most": 89, "value": "80"},
        {"at_least": 90, "at_most": 99, "value": "100"},
        {"at_least": 100, "value": "300"},
    ],
}
"""The 80 to 89 band at 80 yuan."""


def planner(
    town: Town, *more: str, regions: tuple[str, ...] = ("321202",), subject: str = "planner"
) -> httpx.AsyncClient:
    """Somebody who may ask, and read lines too unless ``more`` says which scopes there are besides."""
    return town.running.client(READ, WRITE, *(more or ("subsidy.runs:read",)), regions=regions, subject=subject)


def question(**changes: Any) -> dict[str, Any]:
    """October in the town: the allowance, nothing changed."""
    return {"region": REGION, "first_month": "2026-10", "programmes": [AGE]} | changes


async def asked(town: Town, who: httpx.AsyncClient | None = None, **changes: Any) -> str:
    """A simulation that waits; its id."""
    made = await town.do("/v1/simulations", question(**changes), who or planner(town), 202)
    return str(made["id"])


async def read(town: Town, simulation_id: str, who: httpx.AsyncClient | None = None) -> dict[str, Any]:
    """A simulation as it stands."""
    detail: dict[str, Any] = await town.ask(f"/v1/simulations/{simulation_id}", who or planner(town))
    return detail


async def worked_out(town: Town, who: httpx.AsyncClient | None = None, **changes: Any) -> dict[str, Any]:
    """The result of a simulation."""
    simulation_id = await asked(town, who, **changes)
    await simulate(town.running.kernel, {"simulation_id": simulation_id})
    detail = await read(town, simulation_id, who)
    assert detail["state"] == "done", detail
    assert detail["done"] == detail["total"]
    result: dict[str, Any] = detail["result"]
    return result


def told(figures: dict[str, Any], *names: str) -> tuple[Any, ...]:
    """Some of the figures."""
    return tuple(figures[name] for name in names)

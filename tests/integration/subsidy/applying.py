"""An office of an imagined city, where people apply: its law is in ``lawbook``, one programme of every kind."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from services.subsidy.engine import POLICIES
from shared.contracts.registry import WorkerKnown
from tests.integration.subsidy.town import RECORDED, SCOPES, Town
from tests.support.services import RunningService

LAWBOOK = Path(__file__).with_name("lawbook")
SCAN = {"reference": "档案2026-1012", "sha256": "ab" * 32}
BEDS = {"bed_type": "nursing", "approved_beds": 40, "tenure": "own", "began_on": "2025-03-01"}
BUILD, WORKER, RELIEF, NURSING = "construction_subsidy", "worker_allowance", "relief", "nursing_subsidy"
BATH, RETROFIT, VOUCHER, CENTRE = "bath_subsidy", "home_retrofit", "neighbour_voucher", "centre_operating_subsidy"


def worker(number: int) -> WorkerKnown:
    """A worker whose key the registry made."""
    return WorkerKnown(worker_key=f"{number:032x}", recorded_at=RECORDED)


def lawbook(folder: Path) -> Path:
    """The imagined city with the words that all cities share, as a root of policies."""
    root = folder / "lawbook"
    shutil.copytree(LAWBOOK, root)
    shutil.copytree(POLICIES / "national", root / "national")
    return root


class Office(Town):
    """A town in which people apply."""

    def __init__(self, running: RunningService) -> None:
        super().__init__(running)
        self.neighbour = running.client(*SCOPES, regions=("321203",), subject="neighbour")

    async def apply(self, programme: str, *rows: dict[str, Any], status: int = 201, **more: Any) -> dict[str, Any]:
        """Enter an application as the clerk; October unless told."""
        body = {"programme": programme, "first_month": "2026-10", "rows": list(rows)} | _plain(more)
        made: dict[str, Any] = await self.do("/v1/applications", body, status=status)
        return made

    async def accepted(self, programme: str, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The same, and a second person accepts it."""
        return await self.change(await self.apply(programme, *rows, **more), "accept", client=self.second)

    async def change(
        self,
        one: dict[str, Any],
        action: str,
        *,
        client: httpx.AsyncClient | None = None,
        status: int = 200,
        version: int | None = None,
        **body: Any,
    ) -> dict[str, Any]:
        """Accept, refuse, end or withdraw, knowing the version that was read."""
        answer = await (client or self.clerk).post(
            f"/v1/applications/{one['id']}/{action}",
            json=_plain(body) or None,
            headers={"if-match": f'"{version or one["version"]}"'},
        )
        assert answer.status_code == status, answer.text
        changed: dict[str, Any] = answer.json()
        return changed

    async def withdraw(self, one: dict[str, Any]) -> dict[str, Any]:
        """It never counted."""
        return await self.change(one, "withdraw", reason="申请有误")

    async def settled(self, month: str, programme: str) -> list[dict[str, Any]]:
        """The lines of a run that a second person approved."""
        run = await self.approved(month, [programme])
        return await self.lines(run["id"])

    async def reject(self, run: dict[str, Any]) -> None:
        """A second person rejects a calculated run."""
        await self.do(f"/v1/runs/{run['id']}/submit")
        await self.do(f"/v1/runs/{run['id']}/reject", {"reason": "再核"}, self.second)


def told(lines: list[dict[str, Any]]) -> list[tuple[str, str, str, str | None]]:
    """Month, kind, amount and reason of each line."""
    return sorted((line["month"], line["kind"], line["amount"], line["reason"]) for line in lines)


def beds(number: int, kind: str = "nursing", **more: Any) -> dict[str, Any]:
    """A row of a construction subsidy."""
    return BEDS | {"approved_beds": number, "bed_type": kind} | more


def baths(*days: int, month: int = 10, way: str = "home") -> list[dict[str, Any]]:
    """One bath on each of these days."""
    dates = [date(2026, month, day).isoformat() for day in days]
    return [{"service_date": day, "units": 1, "way_of_bathing": way} for day in dates]


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}

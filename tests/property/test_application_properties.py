"""Whatever is applied for, withdrawn, run, rejected and run again, in any order: nothing is paid twice, and in the end
everybody has what is due."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from services.subsidy.runs.calculation import calculate_run
from shared.database import Scope
from tests.integration.subsidy.applying import BUILD, RELIEF, Office, beds, lawbook
from tests.integration.subsidy.town import REGION, institution, senior
from tests.support.services import ServiceFactory

MONTHS = ("2026-07", "2026-08", "2026-09", "2026-10")
RELIEVED, PER_BED = 200_000, 1_000_000
POOR = {"economic_status": "destitute"}


@pytest.fixture
async def office(start_service: ServiceFactory, tmp_path: Path) -> Office:
    """A service in the imagined city."""
    return Office(await start_service("subsidy", roles="api", policy_root=str(lawbook(tmp_path))))


class Story:
    """Two seniors who ask for relief, and a home that adds beds and names all that it has, as beds are paid once
    whatever they are called."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office, self.chance = office, Random(seed)
        self.seniors, self.home = [senior() for _ in range(2)], institution()
        self.live: list[dict[str, Any]] = []
        self.nursing, self.ordinary = 1, 1

    async def apply(self) -> None:
        """Somebody applies for some month, and it is accepted, unless another application stands."""
        month = self.chance.choice(MONTHS)
        if self.chance.random() < 0.5:
            who: dict[str, Any] = {"senior_id": str(self.chance.choice(self.seniors).senior_id)}
            body = {"programme": RELIEF, "first_month": month, "rows": [POOR]} | who
        else:
            self.nursing = min(9, self.nursing + self.chance.randint(0, 3))
            self.ordinary = min(9, self.ordinary + self.chance.randint(0, 3))
            rows = [beds(self.nursing), beds(self.ordinary, "ordinary")]
            home = str(self.home.organization_id)
            body = {"programme": BUILD, "first_month": month, "rows": rows, "organization_id": home}
        made = await self.office.clerk.post("/v1/applications", json=body)
        assert made.status_code in {201, 409}
        if made.status_code == 201:
            self.live.append(await self.office.change(made.json(), "accept", client=self.office.second))

    async def withdraw(self) -> None:
        """One of them never counted."""
        if self.live:
            await self.office.withdraw(self.live.pop(self.chance.randrange(len(self.live))))

    async def run(self, *months: str, reject: float = 0.3) -> None:
        """Runs of some months at once, each approved or rejected afterwards."""
        made = []
        for month in months:
            body = {"month": month, "region": REGION, "programmes": [RELIEF, BUILD]}
            made.append(await self.office.do("/v1/runs", body, status=202))
        kernel = self.office.running.kernel
        await asyncio.gather(*(calculate_run(kernel, {"run_id": run["id"]}) for run in made))
        self.chance.shuffle(made)
        for run in made:
            if self.chance.random() < reject:
                await self.office.reject(run)
                continue
            await self.office.do(f"/v1/runs/{run['id']}/submit")
            await self.office.do(f"/v1/runs/{run['id']}/approve", {}, self.office.second)

    async def paid(self) -> dict[str, int]:
        """What standing lines add up to, by beneficiary."""
        async with self.office.database.transaction(Scope.everywhere()) as session:
            rows = await session.execute(
                text("SELECT beneficiary_id::text, sum(amount_fen) FROM lines WHERE NOT void GROUP BY 1")
            )
            return {who: int(fen) for who, fen in rows}

    def due(self) -> dict[str, int]:
        """What the applications that stand are worth: relief once, and each bed once."""
        found: dict[str, int] = {str(one.senior_id): 0 for one in self.seniors}
        most = {"nursing": 0, "ordinary": 0}
        for one in self.live:
            if one["programme"] == RELIEF:
                found[one["senior_id"]] = RELIEVED
            for row in one["rows"] if one["programme"] == BUILD else []:
                most[row["bed_type"]] = max(most[row["bed_type"]], row["approved_beds"])
        return found | {str(self.home.organization_id): most["nursing"] * PER_BED + most["ordinary"] * PER_BED // 2}


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_is_paid_twice_and_everything_in_the_end(office: Office, seed: int) -> None:
    story = Story(office, seed)
    await office.hear(*story.seniors, story.home)
    ceiling = {str(one.senior_id): RELIEVED for one in story.seniors}
    ceiling[str(story.home.organization_id)] = 9 * PER_BED + 9 * PER_BED // 2
    for _ in range(12):
        step = story.chance.random()
        if step < 0.5:
            await story.apply()
        elif step < 0.65:
            await story.withdraw()
        else:
            await story.run(*story.chance.sample(MONTHS, story.chance.randint(1, 2)))
        assert all(0 <= fen <= ceiling[who] for who, fen in (await story.paid()).items())
    for month in (*MONTHS, *MONTHS[-1:] * 3):
        await story.run(month, reject=0)
    paid, due = await story.paid(), story.due()
    assert {who: fen for who, fen in paid.items() if fen} == {who: fen for who, fen in due.items() if fen}
    await story.run(MONTHS[-1], reject=0)
    assert await story.paid() == paid

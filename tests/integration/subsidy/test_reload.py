"""A changed policy file counts without a restart; an unfit one changes nothing and is told. How soon: `make bench`."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.subsidy import packs as packs_of
from services.subsidy.engine import POLICIES
from services.subsidy.runs.calculation import calculate_run, freeze_run
from tests.integration.subsidy.town import REGION, Town, senior
from tests.support.services import ServiceFactory

AGE = "longevity_allowance"
PATIENCE = 30


@dataclass
class Files:
    """The policy files of one city and its sample district, to be changed at will."""

    root: Path

    @property
    def sample(self) -> Path:
        """The district's folder."""
        return self.root / "samples" / "321202"

    def band(self, old: str, new: str) -> None:
        """The district pays somebody of 80 another amount."""
        for name, before, after in (
            ("notice.txt", f"80~89周岁{old}元", f"80~89周岁{new}元"),
            ("override.yaml", f"at_most: 89, value: {old}}}", f"at_most: 89, value: {new}}}"),
            ("override.yaml", f"80~89周岁{old}元", f"80~89周岁{new}元"),
        ):
            text = (self.sample / name).read_text(encoding="utf-8")
            assert before in text
            (self.sample / name).write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A copy of them."""
    for name in ("national", "321200-taizhou", "samples/321202"):
        shutil.copytree(POLICIES / name, tmp_path / "policies" / name)
    return Files(tmp_path / "policies")


@pytest.fixture
async def town(start_service: ServiceFactory, files: Files) -> Town:
    """A service that reads these files."""
    return Town(
        await start_service("subsidy", roles="api", policy_root=str(files.root), policy_overrides=str(files.sample))
    )


async def until(ask: Callable[[], Awaitable[Any]], wanted: object) -> None:
    """Wait for the wanted answer."""
    started = time.monotonic()
    while (answer := await ask()) != wanted:
        assert time.monotonic() - started < PATIENCE, answer
        await asyncio.sleep(0.02)


def amount_of(town: Town, senior_id: object) -> Callable[[], Awaitable[Any]]:
    """What a determination answers."""
    body = {"programme": AGE, "month": "2026-10", "senior_id": str(senior_id)}

    async def ask() -> Any:
        return (await town.do("/v1/determinations", body))["amount"]

    return ask


async def readiness(town: Town) -> Any:
    """What /readyz says of the policies."""
    async with town.running.anonymous() as http:
        answer = await http.get("/readyz")
    return answer.json() | {"status": answer.status_code}


async def test_a_changed_value_is_paid_without_a_restart(town: Town, files: Files) -> None:
    old = senior()
    await town.hear(old)
    ask = amount_of(town, old.senior_id)
    assert await ask() == "60.00"
    for before, after in (("60", "75"), ("75", "90"), ("90", "60")):
        files.band(before, after)
        await until(ask, f"{after}.00")


async def test_an_unfit_file_changes_no_answer_and_is_told_by_file_line_and_key(town: Town, files: Files) -> None:
    old = senior()
    await town.hear(old)
    ask = amount_of(town, old.senior_id)
    assert await ask() == "60.00"
    assert "details" not in await readiness(town)
    files.band("60", "49")

    async def told() -> bool:
        return "details" in await readiness(town)

    await until(told, wanted=True)
    ready = await readiness(town)
    assert (ready["status"], ready["checks"]["policies"]) == (200, True)
    (sentence,) = ready["details"]["policies"]
    assert "override.yaml, line " in sentence
    assert "key values.0.bands: 49 is under the floor of 50 (二(六))" in sentence
    assert await ask() == "60.00"
    status = await town.ask("/v1/policy-status")
    assert status["state"] == "refused"
    (refusal,) = status["refusals"]
    assert refusal["key"] == "values.0.bands"
    assert "49 低于下限 50" in refusal["sentence"]
    files.band("49", "70")
    await until(ask, "70.00")
    assert "details" not in await readiness(town)
    assert (await town.ask("/v1/policy-status"))["state"] == "in_use"


async def test_a_run_in_progress_keeps_the_pack_it_was_frozen_with(town: Town, files: Files) -> None:
    old = senior()
    await town.hear(old)
    made = await town.do("/v1/runs", {"month": "2026-10", "region": REGION, "programmes": [AGE]}, status=202)
    kernel = town.running.kernel
    await freeze_run(kernel.database, packs_of.packs(kernel.settings), UUID(made["id"]))
    files.band("60", "75")
    await until(amount_of(town, old.senior_id), "75.00")
    await calculate_run(kernel, {"run_id": made["id"]})
    (line,) = await town.lines(made["id"])
    assert line["amount"] == "60.00"
    assert line["pack_hash"] not in {pack["hash"] for pack in await town.ask("/v1/packs")}
    proof = await town.do(f"/v1/lines/{line['id']}/proof")
    assert (proof["equal"], proof["recomputed"]) == (True, "60.00")
    kept = await town.ask(f"/v1/packs/{line['pack_hash']}")
    assert (kept["in_use"], kept["region"]) == (False, "321202000000")

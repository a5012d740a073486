"""A billion yuan is calculated, approved, put into a batch, paid and settled; and every total can hold it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.integration.subsidy.bank import answered, bring
from tests.integration.subsidy.test_payments import AGE
from tests.integration.subsidy.town import SAMPLE, Town, senior
from tests.support.services import ServiceFactory

EACH, SUM = "500000000", "1000000000.00"


@pytest.fixture
async def rich(start_service: ServiceFactory, tmp_path: Path) -> Town:
    """A town that gives half a billion yuan to everybody from 80 on."""
    folder = Path(shutil.copytree(SAMPLE, tmp_path / "rich"))
    for name, old, new in [
        ("override.yaml", "value: 60}", f"value: {EACH}}}"),
        ("override.yaml", "{at_least: 90, at_most: 99, value: 100}", f"{{at_least: 90, at_most: 99, value: {EACH}}}"),
        ("override.yaml", "{at_least: 100, value: 300}", f"{{at_least: 100, value: {EACH}}}"),
    ]:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return Town(await start_service("subsidy", roles="api", policy_overrides=str(folder)))


async def test_a_billion_yuan_goes_from_the_run_to_the_bank_and_back(rich: Town) -> None:
    await rich.hear(senior(), senior())
    run = await rich.approved("2026-10", [AGE])
    batch = await rich.batch(run["id"])
    assert (batch["state"], batch["rows"], batch["amount"], batch["error"]) == ("ready", 2, SUM, None)
    taken = await bring(rich, batch["id"], await answered(rich, batch["id"]))
    assert (taken["settled"], taken["returned"]) == (2, 0)
    paid = await rich.ask(f"/v1/runs/{run['id']}")
    assert paid["state"] == "paid"
    assert SUM in str(paid)

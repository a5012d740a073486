"""The town's demonstration sample with another decision on longevity allowance and meals."""

from __future__ import annotations

import re
import shutil
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.integration.subsidy.town import SAMPLE, Town, meal

AGE, MEAL = "longevity_allowance", "meal_subsidy"
PAIR = "stacking.longevity_allowance.meal_subsidy"
EXCLUDED, COUNTED, UNDECIDED = "stacking_excluded", "stacking_counted", "stacking_undecided"
Open = Callable[[str | None], Awaitable[Town]]
"""Opens a town that decided on the pair so."""


def decided(folder: Path, choice: str | None, sample: Path = SAMPLE, pair: str = PAIR) -> Path:
    """A copy of a sample in which the pair is decided so; None takes the decision away."""
    own = folder / sample.name
    shutil.copytree(sample, own, dirs_exist_ok=True)
    decide(own, choice, pair)
    return own


def decide(own: Path, choice: str | None, pair: str = PAIR) -> None:
    """Change the decision in a folder that the service watches."""
    file = own / "override.yaml"
    entry = re.compile(rf"  - \{{parameter: {pair}, .*?\}}\n", re.DOTALL)
    known = entry.sub("", (SAMPLE / "override.yaml").read_text(encoding="utf-8"))
    (found,) = entry.findall((SAMPLE / "override.yaml").read_text(encoding="utf-8"))
    file.write_text(known + (found.replace("choice: ADD", f"choice: {choice}") if choice else ""), encoding="utf-8")


def meals(who: Any, vendor: UUID, number: int, month: int = 10, first: int = 1) -> list[Any]:
    """Two meals on each of some days."""
    return [meal(who.senior_id, vendor, date(2026, month, first + day), meals=2) for day in range(number)]

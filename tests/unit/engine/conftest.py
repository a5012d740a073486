"""Packs as the demonstration loads them, and rows to judge."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from services.subsidy.engine import POLICIES, Pack, Packs
from shared.clock import Month

OCTOBER = Month(2026, 10)


@pytest.fixture(scope="session")
def packs() -> Packs:
    """The city's law and the sample district."""
    return Packs.load(POLICIES, [POLICIES / "samples" / "321202"])


@pytest.fixture(scope="session")
def sample(packs: Packs) -> Pack:
    """The district with all decisions taken, for demonstration."""
    return packs.for_region("321202001000")


@pytest.fixture
def senior() -> dict[str, Any]:
    """A woman of 92 years."""
    return {
        "subject_id": "s-1",
        "birth_date": date(1934, 3, 2),
        "died_on": None,
        "registered_on": date(2025, 1, 1),
        "household_here": True,
        "resident_here": True,
    }


@pytest.fixture
def stay() -> dict[str, Any]:
    """A month in a grade-three home."""
    return {
        "subject_id": "a-1",
        "from_day": 1,
        "to_day": 31,
        "care_level": "disabled",
        "grade": 3,
        "mode": "private",
        "listed": False,
    }


@pytest.fixture
def meal() -> dict[str, Any]:
    """One verified meal."""
    return {"subject_id": "s-1", "service_date": date(2026, 10, 5), "units": 1, "row_key": "v-1", "listed": False}


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Packs:
    """The made-up town and its district."""
    return Packs.load(town_in(tmp_path_factory.mktemp("town")))


@pytest.fixture(scope="session")
def east(town: Packs) -> Pack:
    """The district of the made-up town, with all decisions taken."""
    return town.for_region("321202")


def town_in(folder: Path) -> Path:
    """The made-up town and the words all places share, as a root of packs of its own."""
    root = folder / "policies"
    shutil.copytree(Path(__file__).with_name("town"), root / "town")
    shutil.copytree(POLICIES / "national", root / "national")
    return root


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    """Rows as a table."""
    return pl.DataFrame(list(rows), infer_schema_length=None)

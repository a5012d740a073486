"""Regions: 12-digit codes (GB/T 2260 and GB/T 10114) in which a prefix is an ancestor."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from os.path import commonprefix
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints, WithJsonSchema

_FILE = Path(__file__).parent / "data" / "regions.csv"
CODE = 12
"""Digits of a region code."""
_PATTERN = r"^[1-9][0-9]{11}$"
_TOWNS = ("街道", "镇", "乡", "苏木")
Level = Literal["province", "prefecture", "county", "township"]

Region = Annotated[
    str,
    StringConstraints(pattern=_PATTERN),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": _PATTERN,
            "title": "Region code 行政区划代码",
            "description": "12 digits: GB/T 2260 and GB/T 10114, zeros below its level",
            "examples": ["321202000000"],
        }
    ),
]
"""A pydantic type: twelve digits. Whether the code exists is a question for ``RegionTable``."""

RegionShown = Annotated[
    str,
    AfterValidator(lambda code: code.ljust(CODE, "0")),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^[0-9]{12}$",
            "title": "Region code 行政区划代码",
            "description": "12 digits, zeros below its level; zeros only: the nation",
            "examples": ["321202000000"],
        }
    ),
]
"""The same in an answer, however short the code is that we keep."""


def covers(prefix: str, region: str) -> bool:
    """Whether a prefix (``3212``) is the region or an ancestor of it. The empty prefix is the whole country."""
    return region.startswith(prefix)


def prefix_of(region: str) -> str:
    """The shortest prefix that means the same unit: ``321200000000`` is ``3212``."""
    for width, below in ((9, 12), (6, 9), (4, 6), (2, 4)):
        if region[width:below].strip("0"):
            return region[:below]
    return region[:2]


def common_region(codes: Collection[str]) -> str:
    """The smallest region around all of them, 12 digits; zeros only for the nation, or for none."""
    if len(codes) == 1:
        return next(iter(codes)).ljust(CODE, "0")
    shared = len(commonprefix(list(codes)))  # noqa: RUF071  # of characters is meant
    width = max(level for level in (0, 2, 4, 6, 9, CODE) if level <= shared)
    return next(iter(codes), "")[:width].ljust(CODE, "0")


@dataclass(frozen=True)
class RegionRow:
    """One unit. ``valid_to`` is the first day it is no longer valid."""

    code: str
    name: str
    level: Level
    parent: str | None
    valid_from: date | None
    valid_to: date | None
    origin: str

    def is_valid(self, on: date) -> bool:
        """Whether the unit exists on a day; an unknown beginning counts as always."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on < self.valid_to)


class RegionTable:
    """The units we know. KeyError for a code that is not among them; ask ``exists`` first."""

    def __init__(self, rows: dict[str, RegionRow]) -> None:
        self._rows = rows

    @classmethod
    def load(cls, file: Path = _FILE) -> RegionTable:
        """The vendored table, or another file of the same columns; read once."""
        return _load(file)

    def __iter__(self) -> Iterator[RegionRow]:
        return iter(self._rows.values())

    def __getitem__(self, code: str) -> RegionRow:
        return self._rows[code]

    def exists(self, code: str, on: date | None = None) -> bool:
        """Whether the unit is in the table, and valid on a day if one is given."""
        row = self._rows.get(code)
        return row is not None and (on is None or row.is_valid(on))

    def name(self, code: str) -> str:
        """Its own name, without those above it."""
        return self._rows[code].name

    def parent(self, code: str) -> str | None:
        """The unit above; None for a province."""
        return self._rows[code].parent

    def ancestors(self, code: str) -> list[RegionRow]:
        """From the province down to the unit itself."""
        above: list[RegionRow] = []
        step: str | None = code
        while step:
            above.append(self._rows[step])
            step = self._rows[step].parent
        return above[::-1]

    def full_name(self, code: str) -> str:
        """Names from the province down, without the filler the statistics table uses."""
        return "".join(row.name for row in self.ancestors(code) if row.name != "市辖区")

    def leading(self, text: str) -> list[str]:
        """The names of units that a text begins with, each within the one before; blanks between are no matter. A town
        or sub-district counts after its county only, and only when it calls itself one: 城南 begins a road's name."""
        names, within = list[str](), ""
        while text := text.lstrip():
            found = [row for row in _by_start(self).get(text[:2], ()) if text.startswith(row.name)]
            unit = max((row for row in found if _may_follow(row, within)), key=lambda row: len(row.name), default=None)
            if unit is None:
                break
            names.append(unit.name)
            text, within = text.removeprefix(unit.name), prefix_of(unit.code)
        return names

    def children(self, code: str) -> list[RegionRow]:
        """The units directly below."""
        return [row for row in self if row.parent == code]

    def below(self, prefix: str) -> list[RegionRow]:
        """Every unit a prefix covers."""
        return [row for row in self if covers(prefix, row.code)]


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _row(raw: dict[str, str]) -> RegionRow:
    level: Level = raw["level"]  # type: ignore[assignment]  # the file is ours and a test reads every row
    dates = _day(raw["valid_from"]), _day(raw["valid_to"])
    return RegionRow(raw["code12"], raw["name"], level, raw["parent"] or None, *dates, raw["origin"])


@lru_cache
def _load(file: Path) -> RegionTable:
    with file.open(encoding="utf-8", newline="") as handle:
        return RegionTable({raw["code12"]: _row(raw) for raw in csv.DictReader(handle)})


@lru_cache
def _by_start(table: RegionTable) -> dict[str, list[RegionRow]]:
    starts: dict[str, list[RegionRow]] = {}
    for row in table:
        starts.setdefault(row.name[:2], []).append(row)
    return starts


def _may_follow(row: RegionRow, within: str) -> bool:
    lies_within = row.code.startswith(within) and prefix_of(row.code) != within
    return lies_within and (row.level != "township" or (len(within) == 6 and row.name.endswith(_TOWNS)))

"""The page on coverage names every demand once, and everything it names is there: packs, files, cases, tests."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from services.subsidy.engine import POLICIES, Packs

ROOT = Path(__file__).resolve().parents[2]
ROWS: dict[str, dict[str, str]] = YAML(typ="safe").load(Path(__file__).parent / "rows.yaml")
PACKS = Packs.load(POLICIES)
SPAN, SENTENCE = re.compile(r"`([^`]+)`"), re.compile(r"\"([^\"]{20,})\"")
PLAIN = {"effective_on", "not_configured", "set:"}
"""What stands in code and names nothing of a pack."""


@dataclass(frozen=True)
class Line:
    """A row of a table: the pack of its heading, its id, what it demands, where, how far, shown by what."""

    region: str
    id: str
    demanded: str
    where: str
    far: str
    shown: str


def read(text: str) -> list[Line]:
    """The lines of the page."""
    lines, region = [], ""
    for row in text.splitlines():
        if row.startswith("## "):
            region = next(iter(SPAN.findall(row)))
        cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
        if row.startswith("| ") and cells[0] != "id":
            lines.append(Line(region, *cells))
    return lines


LINES = read((ROOT / "docs" / "coverage.md").read_text(encoding="utf-8"))


def accounted(lines: list[Line]) -> Counter[tuple[str, str]]:
    """How often each demand stands under its pack."""
    return Counter((line.region, line.id) for line in lines if re.match(r"(TZ|CX|BJ|SN|MDJ)-", line.id))


@cache
def folder(region: str) -> Path:
    """Where a pack's files lie."""
    return next(POLICIES.glob(f"{region}-*"))


@cache
def written_in(path: Path) -> frozenset[str]:
    """The tests of a file."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return frozenset(node.name for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, kinds))


@cache
def sentences(path: Path) -> frozenset[str]:
    """The cases of a file."""
    content: dict[str, Any] = YAML(typ="safe").load(path)
    return frozenset(case["name"] for case in content["cases"])


def known(region: str, span: str) -> bool:
    """Whether what is named in code exists: a file, a test in a file, or a name of the pack."""
    if span in PLAIN:
        return True
    if "/" in span:
        file, _, test = span.partition("::")
        path = (folder(region) if file.startswith("cases/") else ROOT) / file
        return path.is_file() and (not test or test in written_in(path))
    other, _, name = span.rpartition(":")
    pack = PACKS.for_region(other or region)
    return name in {*pack.programmes, *pack.content.parameters, *pack.content.targets}


def places(lines: list[Line]) -> set[tuple[str, str]]:
    """Every name of a pack that the lines give as a place."""
    spans = [(line.region, *span.rpartition(":")[::2]) for line in lines for span in SPAN.findall(line.where)]
    return {(other or region, name) for region, other, name in spans}


def missing(line: Line) -> list[str]:
    """What a line names and nobody finds."""
    gone = [span for span in SPAN.findall(f"{line.where} {line.far} {line.shown}") if not known(line.region, span)]
    files = [folder(line.region) / span for span in SPAN.findall(line.shown) if span.startswith("cases/")]
    said = SENTENCE.findall(line.shown)
    return gone + [each for each in said if not any(each in sentences(file) for file in files)]


def test_every_demand_stands_in_the_page_exactly_once() -> None:
    wanted = Counter((region, row) for region, rows in ROWS.items() for row in rows)
    assert wanted.total() == 55
    assert accounted(LINES) == wanted


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.id)
def test_what_a_line_names_exists(line: Line) -> None:
    assert missing(line) == []


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.id)
def test_a_line_says_where_how_far_and_what_shows_it(line: Line) -> None:
    assert all((line.demanded, line.where, line.far))
    assert SPAN.search(line.shown)
    assert SPAN.search(line.where) or "no rule on money" in line.where


def test_every_programme_of_the_cities_is_accounted_for() -> None:
    every = {(pack.region, code) for pack in PACKS for code in pack.programmes}
    assert every - {(region, name.partition(".")[0]) for region, name in places(LINES)} == set()


def test_nothing_that_the_text_with_amounts_leaves_open_is_left_out_of_the_page() -> None:
    city = PACKS.for_region("321200")
    page = {name for region, name in places(LINES) if region == city.region}
    whole = {name for name in page if name in city.programmes} | {"stacking"}
    undecided = {name for name, each in city.content.parameters.items() if not each.values}
    assert {name for name in undecided - page if name.partition(".")[0] not in whole} == set()


@pytest.mark.parametrize(
    ("where", "shown", "gone"),
    [
        ("`longevity_allowance.height`", "`cases/meal_subsidy.yaml`", "longevity_allowance.height"),
        ("`gold_allowance`", "`cases/meal_subsidy.yaml`", "gold_allowance"),
        ("`532300:meal_subsidy`", "`cases/meal_subsidy.yaml`", "532300:meal_subsidy"),
        ("`targets.no_such`", "`cases/meal_subsidy.yaml`", "targets.no_such"),
        ("`meal_subsidy`", "`cases/gold.yaml`", "cases/gold.yaml"),
        ("`meal_subsidy`", "`tests/policies/test_cases.py::test_x`", "tests/policies/test_cases.py::test_x"),
        ("`meal_subsidy`", '`cases/meal_subsidy.yaml`, "Nobody wrote such a case"', "Nobody wrote such a case"),
    ],
)
def test_the_check_sees_what_is_not_there(where: str, shown: str, gone: str) -> None:
    (line,) = read(f"## Somewhere `321200`\n\n| X | y | {where} | z | {shown} |\n")
    assert missing(line) == [gone]


def test_the_check_sees_a_programme_that_no_line_names() -> None:
    without = [line for line in LINES if line.id != "CX-06a"]
    assert places(LINES) - places(without) == {("532300", "canteen_reward.amount")}


def test_the_check_sees_a_demand_that_is_missing_stands_twice_or_under_another_city() -> None:
    whole = accounted(LINES)
    assert accounted(LINES[1:]) != whole
    assert accounted([*LINES, LINES[0]]) != whole
    assert accounted([Line("532300", *list(LINES[0].__dict__.values())[1:]), *LINES[1:]]) != whole

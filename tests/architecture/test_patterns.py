"""A pattern that ends in ``$`` also lets a line end through, unless the whole text has to fit."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [path for folder in ("shared", "services", "deploy") for path in sorted((ROOT / folder).rglob("*.py"))]
LOOSE = ("match", "search", "findall", "finditer", "split", "sub")


def _compiled(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Name and text of every compiled pattern of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and node.value.args:
            first, name = node.value.args[0], node.targets[0]
            if ast.unparse(node.value.func) == "re.compile" and isinstance(first, ast.Constant):
                yield ast.unparse(name), str(first.value)


def loose(source: str) -> list[str]:
    """Every use of a pattern that ends in ``$`` by which a text with a line end fits too."""
    tree = ast.parse(source)
    ending = {name for name, text in _compiled(tree) if re.search(r"(?<!\\)\$\)*$", text)}
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in LOOSE:
            continue
        whose = ast.unparse(node.func.value)
        first = node.args[0] if node.args else None
        literal = isinstance(first, ast.Constant) and str(first.value).endswith("$")
        if whose in ending or (whose == "re" and literal):
            found.append(f"{node.lineno}: {ast.unparse(node)}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_has_to_fit_whole_is_matched_whole(path: Path) -> None:
    assert loose(path.read_text(encoding="utf-8")) == []


def test_a_pattern_that_lets_a_line_end_through_is_found() -> None:
    code = 'import re\nCODE = re.compile(r"^[0-9]+$")\nCODE.match("0\\n")\nre.match("^a$", "a")\nCODE.fullmatch("0")\n'
    assert len(loose(code)) == 2


def test_the_condition_of_a_partial_index_is_written_out() -> None:
    """As a parameter it is found for five executions on a connection, and never again."""
    for file in (ROOT / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for keyword in node.keywords if isinstance(node, ast.Call) else ():
                if keyword.arg == "index_where":
                    assert isinstance(keyword.value, ast.Name | ast.Call), file
                    source = file.read_text(encoding="utf-8")
                    named = keyword.value.id if isinstance(keyword.value, ast.Name) else ""
                    assert (
                        f"\n{named} = text(" in source if named else ast.unparse(keyword.value).startswith("text(")
                    ), file


def test_no_application_lets_its_framework_make_spans() -> None:
    """Those tell paths and queries, and whatever number stands in them."""
    found = [
        (file.name, {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}.get("telemetry", ""))
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "FastAPI"
    ]
    assert len(found) >= 4
    assert all(told.endswith("SILENT") for _, told in found), found

"""Files and functions that fit the eye."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
LONGEST_FILE, LONGEST_FUNCTION, MEDIAN_FILE = 300, 60, 90


@cache
def lengths() -> dict[str, int]:
    """Lines of each Python file that is not empty."""
    files = [file for folder in ("services", "shared", "deploy") for file in (ROOT / folder).rglob("*.py")]
    counted = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    return {name: count for name, count in counted.items() if count}


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    assert len(lengths()) > 100
    assert {name: count for name, count in lengths().items() if count > LONGEST_FILE} == {}


def test_the_median_file_is_shorter_than_ninety_lines() -> None:
    assert median(lengths().values()) < MEDIAN_FILE


def test_no_function_is_longer_than_sixty_lines() -> None:
    too_long = {}
    for name in lengths():
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                count = (node.end_lineno or 0) - node.lineno + 1
                if count > LONGEST_FUNCTION:
                    too_long[f"{name}:{node.name}"] = count
    assert too_long == {}

"""No line of a log carries the words of an error: libraries repeat rows, values and addresses with their passwords."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [path for folder in ("shared", "services", "deploy") for path in sorted((ROOT / folder).rglob("*.py"))]
LEVELS = {"debug", "info", "warning", "error", "critical", "log", "exception", "msg", "bind"}
TOLD = {"facts", "named", "type"}
"""What may be said of an error: which it is, and where it came up."""


def _logged(tree: ast.AST) -> Iterator[ast.Call]:
    """Every call of a logger."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
            owner = ast.unparse(node.func.value)
            if owner.rpartition(".")[2] in {"log", "logger", "_log"} or "getLogger" in owner or "get_logger" in owner:
                yield node


def _errors(tree: ast.AST) -> set[str]:
    """Names that hold an error somewhere in a module, or a text that was made of one."""
    held = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name}
    return held | {"error", "errors", "exc", "exception", "reason", "unkept"}


def _spoken(call: ast.Call, errors: set[str]) -> Iterator[str]:
    """The names of errors in a call that are not inside one of ``TOLD``."""

    def visit(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in TOLD:
            return
        if isinstance(node, ast.IfExp):  # whether there is an error may be asked
            yield from visit(node.body)
            yield from visit(node.orelse)
            return
        if isinstance(node, ast.Name) and node.id in errors:
            yield node.id
        for child in ast.iter_child_nodes(node):
            yield from visit(child)

    for part in (*call.args, *(keyword.value for keyword in call.keywords)):
        yield from visit(part)


def outspoken(source: str) -> list[str]:
    """Every call of a logger that says an error in its own words, or its traceback."""
    tree = ast.parse(source)
    errors, found = _errors(tree), []
    for call in _logged(tree):
        whole = call.func.attr == "exception" or any(word.arg in {"exc_info", "stack_info"} for word in call.keywords)  # type: ignore[attr-defined]  # an Attribute
        if whole or list(_spoken(call, errors)):
            found.append(f"{call.lineno}: {ast.unparse(call)}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_line_of_a_log_says_an_error_in_its_own_words(path: Path) -> None:
    assert outspoken(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "log.error('x', error=str(error))",
        "log.warning(f'{error}')",
        "log.exception('x')",
        "log.error('x', exc_info=True)",
        "log.error('x', error=repr(found))",
        "structlog.get_logger().info('x', what=found.args[0])",
        "log.error('x', error=describe(error))",
    ],
)
def test_each_way_to_say_it_is_found(line: str) -> None:
    assert outspoken(f"try:\n    go()\nexcept ValueError as found:\n    {line}\n")


@pytest.mark.parametrize("line", ["log.error('x', **facts(found))", "log.info('x', error=type(found).__name__)"])
def test_which_error_it_was_may_be_said(line: str) -> None:
    assert outspoken(f"try:\n    go()\nexcept ValueError as found:\n    {line}\n") == []

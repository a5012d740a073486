"""One comparison of a formula changed at a time, in the running program."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, ClassVar

from services.subsidy.engine import conditions, kinds
from services.subsidy.engine.kinds import KINDS

WORDS = ("tell", "_tell", "alternatives", "changes", "factor_names", "mended")
"""Functions that put a result into words and do not make it."""
SAME = {
    ("tiered_by_age", "lived_to < counting"): "on that day itself the age is the same, whichever of the two days counts"
}
"""Comparisons that give the same result either way, and why."""
SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}


@dataclass(frozen=True)
class Comparison:
    """A comparison in a module, by its place in the source."""

    module: ModuleType
    line: int
    column: int
    text: str

    @contextmanager
    def swapped(self) -> Iterator[None]:
        """The program with this comparison the other way, until the block ends."""
        source = _source(self.module)
        tree = ast.fix_missing_locations(_Swap(self.line, self.column).visit(ast.parse(source)))
        _run(self.module, compile(tree, self.module.__name__, "exec"))
        try:
            yield
        finally:
            _run(self.module, compile(source, self.module.__name__, "exec"))


def comparisons() -> Iterator[Comparison]:
    """Every comparison in the formula kinds and in the conditions that takes part in a result."""
    for module in _modules():
        for node in _parts_of_a_result(ast.parse(_source(module))):
            if _is_comparison(node) and not _is_same(module, node):
                yield Comparison(module, node.lineno, node.col_offset, ast.unparse(node))


def _parts_of_a_result(tree: ast.AST) -> Iterator[ast.expr]:
    """Every expression outside the functions that only find words."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith(WORDS):
            continue
        if isinstance(node, ast.expr):
            yield node
        yield from _parts_of_a_result(node)


def _is_same(module: ModuleType, node: ast.expr) -> bool:
    return (module.__name__.rpartition(".")[2], ast.unparse(node)) in SAME


def _modules() -> list[ModuleType]:
    names = sorted(name for name in sys.modules if name.startswith(f"{kinds.__name__}."))
    return [*(sys.modules[name] for name in names), conditions]


def _is_comparison(node: Any) -> bool:  # any node of the tree
    if isinstance(node, ast.Compare):
        return type(node.ops[0]) in SWAPPED
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "is_between"


class _Swap(ast.NodeTransformer):
    """Turns one comparison; ``is_between`` loses both its ends."""

    OPEN: ClassVar = ast.keyword(arg="closed", value=ast.Constant(value="none"))

    def __init__(self, line: int, column: int) -> None:
        self._place = (line, column)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """``<`` becomes ``<=`` and so on."""
        self.generic_visit(node)
        if (node.lineno, node.col_offset) == self._place and type(node.ops[0]) in SWAPPED:
            node.ops[0] = SWAPPED[type(node.ops[0])]()
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Both ends of ``is_between`` are left out."""
        self.generic_visit(node)
        if (node.lineno, node.col_offset) == self._place and _is_comparison(node):
            node.keywords = [*(keyword for keyword in node.keywords if keyword.arg != "closed"), self.OPEN]
        return node


def _source(module: ModuleType) -> str:
    with open(module.__file__ or "", encoding="utf-8") as file:  # noqa: PTH123  # read again for every mutant
        return file.read()


def _run(module: ModuleType, code: Any) -> None:  # a code object
    """Define a module's functions anew, and hand them to every module that had taken the old ones."""
    before = dict(vars(module))
    exec(code, vars(module))  # our own source, one operator changed
    anew = {id(old): vars(module)[name] for name, old in before.items() if callable(old) and name in vars(module)}
    for other in list(sys.modules.values()):
        if other is not module and other.__name__.startswith("services.subsidy.engine"):
            for name, value in list(vars(other).items()):
                if id(value) in anew:
                    setattr(other, name, anew[id(value)])
    kind = vars(module).get("KIND")
    if kind is not None:
        KINDS[kind.name] = kind  # type: ignore[index]  # read-only for everybody else

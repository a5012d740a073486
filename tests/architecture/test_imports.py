"""Who may import whom: the contracts in pyproject.toml, and that only one module knows several services."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable
from graphlib import TopologicalSorter
from pathlib import Path

from deploy.migrations.run import SERVICES

ROOT = Path(__file__).parents[2]


def test_the_import_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "0 broken" in done.stdout


def test_no_file_reaches_itself() -> None:
    """Imports for types only, and those within functions, count: they bind two files all the same."""
    files = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
        for folder in ("shared", "services", "deploy")
        for file in (ROOT / folder).rglob("*.py")
    }
    graph = {name: imported_files(file, files) - {name} for name, file in files.items()}
    ordered = list(TopologicalSorter(graph).static_order())  # a CycleError names the circle
    assert set(ordered) == set(files)


def imported_files(file: Path, known: Iterable[str]) -> set[str]:
    """The modules that a file imports: of a package only what is taken from it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= members & set(known) or {str(node.module)}
    return found & set(known)


def imported_services(file: Path) -> set[str]:
    """The services that a file imports from, wherever in it the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("services.")}
    return found & set(SERVICES)


def test_only_the_embedded_process_knows_several_services() -> None:
    several = {
        str(file.relative_to(ROOT))
        for folder in ("shared", "services", "deploy")
        for file in (ROOT / folder).rglob("*.py")
        if len(imported_services(file)) > 1
    }
    assert several == {"services/embedded.py"}


def test_routes_hold_no_sql() -> None:
    """A route may name the session's type; every statement stands in a repository."""
    for file in (ROOT / "services").rglob("api.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith(("sqlalchemy", "asyncpg")):
                assert {alias.name for alias in node.names} <= {"AsyncSession"}, file


def test_modules_are_packages_so_that_the_contracts_see_them() -> None:
    for folder in (ROOT / "services").rglob("*"):
        if folder.is_dir() and any(folder.glob("*.py")):
            assert (folder / "__init__.py").exists(), folder


def test_no_package_reaches_itself() -> None:
    """A module of a service, or a folder of what is shared or deployed, stands above or below another, never both."""
    files = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
        for folder in ("shared", "services", "deploy")
        for file in (ROOT / folder).rglob("*.py")
    }
    graph: dict[str, set[str]] = {}
    for name, file in files.items():
        own = _package(name)
        graph.setdefault(own, set()).update({_package(other) for other in imported_files(file, files)} - {own})
    ordered = list(TopologicalSorter(graph).static_order())  # a CycleError names the circle
    assert "services.subsidy.inputs" in ordered
    assert ordered.index("services.subsidy.applications") < ordered.index("services.subsidy.runs")
    assert ordered.index("services.subsidy.runs") < ordered.index("services.subsidy.determinations")


def _package(name: str) -> str:
    """``services.subsidy.runs`` of ``services.subsidy.runs.lines``; a file that lies in no such folder is its own."""
    parts = name.split(".")
    depth = 3 if parts[0] == "services" else 2
    return ".".join(parts[:depth])

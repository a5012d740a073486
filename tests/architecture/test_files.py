"""Nothing that comes with a request names a file: every place that opens one is known, with its reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
OPENS = {
    "open", "fdopen", "read_text", "read_bytes", "write_text", "write_bytes", "iterdir", "rglob", "is_file", "is_dir",
    "FileResponse", "StaticFiles", "TemporaryDirectory", "NamedTemporaryFile", "mkdtemp", "mkstemp", "unlink", "mkdir",
    "touch", "samefile", "Path", "PurePath", "import_module", "FileSystemLoader", "with_name", "listdir", "scandir",
}  # fmt: skip
ALLOWED = {
    "services/credit/lists/bases.py": "a table beside the code",
    "services/docs.py": "pages beside the code, by a fixed list",
    "services/guides.py": "pages beside the code, by a fixed list",
    "services/registry/assessments/scale.py": "a table beside the code",
    "services/registry/lives/ages.py": "a table beside the code",
    "services/subsidy/catalogue/api.py": "FastAPI's Path: a part of an address, no file",
    "services/subsidy/catalogue/reading.py": "FastAPI's Path: a part of an address, no file",
    "services/subsidy/engine/loader.py": "SOURCES, a fixed folder",
    "services/subsidy/engine/packs.py": "POLICIES, a fixed folder; the roots come from the settings",
    "services/subsidy/engine/published.py": "a schema beside the code",
    "services/subsidy/engine/shelf.py": "the one reader of policy files: looks names up in the list of a fixed root",
    "services/subsidy/library.py": "dates of the files below the settings' roots",
    "services/subsidy/packs.py": "the settings' roots",
    "services/subsidy/policies/diff.py": "the operator's own arguments",
    "services/visits/verification/rulebook.py": "a table beside the code",
    "shared/contracts/__main__.py": "the developer's generator",
    "shared/contracts/asyncapi.py": "documents beside the code",
    "shared/contracts/schemas.py": "documents beside the code, by registered event types",
    "shared/crypto.py": "the key file of the settings",
    "shared/data/make_regions.py": "the developer's generator",
    "shared/examples.py": "a table beside the code",
    "shared/faults.py": "the project's own folder, to name a place in it",
    "shared/regions.py": "a table beside the code",
    "shared/safety.py": "the key file of the settings",
    "shared/settings.py": "the default of the key file",
}
OF_A_REQUEST = {
    "api", "service", "schemas", "domain", "repository", "drafts", "laws", "work", "handlers", "rows", "parsing",
    "sides", "values", "conditions",
}  # fmt: skip
"""Modules that see what a request or an event holds."""
READERS = ("services.subsidy.engine.shelf", "pathlib", "os", "io.open", "shutil", "tempfile", "glob")


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every Python file of the services and of what they share."""
    for folder in ("services", "shared"):
        for file in (ROOT / folder).rglob("*.py"):
            yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text(encoding="utf-8"))


def called(node: ast.AST) -> str | None:
    """The name that a call calls."""
    if not isinstance(node, ast.Call):
        return None
    return getattr(node.func, "id", None) or getattr(node.func, "attr", None)


def opening() -> dict[str, set[str]]:
    """Which calls that touch files stand where."""
    found: dict[str, set[str]] = {}
    for name, tree in sources():
        calls = {call for node in ast.walk(tree) if (call := called(node)) in OPENS} - {None}
        if calls:
            found[name] = {str(call) for call in calls}
    return found


def test_every_place_that_opens_a_file_is_known_with_its_reason() -> None:
    wrong = {name: calls for name, calls in opening().items() if name not in ALLOWED}
    wrong = {name: calls for name, calls in wrong.items() if not calls <= OTHER.get(name, set())}
    assert wrong == {}
    assert set(ALLOWED) <= set(opening()), "a reason without a place"


OTHER = {
    "services/registry/changes/files.py": {"open"},
    "services/registry/desk.py": {"open"},
    "services/registry/seniors/life.py": {"open"},
    "services/registry/seniors/dossier.py": {"open"},
}
"""Calls of other things by the same name: a sealed value is opened."""


def test_no_module_that_sees_a_request_can_reach_a_file() -> None:
    """They import nothing that makes, lists or opens a path, nor the reader of policy files."""
    wrong = set()
    for name, tree in sources():
        if Path(name).stem not in OF_A_REQUEST or not name.startswith("services/"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                names = {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
            elif isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
            else:
                continue
            wrong |= {(name, each) for each in names if each in READERS or each.startswith(("pathlib.", "tempfile."))}
    assert wrong == set()

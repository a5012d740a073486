"""Tables of the documentation that the code itself fills: ``python -m tests.architecture.pages`` writes them anew.

A table stands in its page between two comments: ``<!-- table: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

import deploy.gateway
import services
import shared
from shared.contracts import EVENTS
from shared.contracts.classification import ORDER
from shared.contracts.schemas import schema_of
from shared.contracts.topics import RETENTION, TWINS, compacted
from shared.errors import BASE, Problem
from shared.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
CODE = (shared, services, deploy.gateway)


def modules() -> Iterator[ModuleType]:
    """Every module of the product, imported; commands are left out."""
    for package in CODE:
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                yield import_module(found.name)


def problem_types() -> list[type[Problem]]:
    """Every problem that an answer can carry, by its name."""
    packages = {module.__name__ for module in modules()}
    found: set[type[Problem]] = {Problem}
    waiting = [Problem]
    while waiting:
        below = waiting.pop().__subclasses__()
        found.update(kind for kind in below if kind.__module__ in packages)
        waiting += below
    return sorted(found, key=lambda kind: (kind.slug, kind.__module__, kind.__name__))


def problems_table() -> str:
    """Type, status, titles and who raises it."""
    rows = {
        f"| `{kind.slug}` | {kind.status} | {kind.title_zh} | {kind.title_en} | {_owner(kind)} |": None
        for kind in problem_types()
    }
    head = f"| type, after `{BASE}` | status | 标题 | title | from |\n|---|---|---|---|---|\n"
    return head + "\n".join(rows) + "\n"


def _owner(kind: type[Problem]) -> str:
    parts = kind.__module__.split(".")
    return {"shared": "every service", "deploy": "gateway"}.get(parts[0], parts[1])


def settings_table() -> str:
    """Variable, default and meaning of everything a service is told."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "needed" if field.is_required() else f"`{field.default}`" if field.default != "" else "empty"
        rows.append(f"| `{Settings.model_config['env_prefix']}{name.upper()}` | {default} | {field.description} |")
    return "| variable | default | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def codes_table() -> str:
    """Field and known values of every code in an event whose list is not data."""
    rows = dict.fromkeys(
        row for name in sorted(EVENTS) for row in _codes(name.split(".", 2)[2], schema_of(EVENTS[name]))
    )
    return "| event | field | values today |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _codes(event: str, schema: dict[str, Any]) -> Iterator[str]:
    parts = {"": schema} | schema.get("$defs", {})
    for part, content in parts.items():
        for field, said in content.get("properties", {}).items():
            for choice in (said, *said.get("anyOf", ())):
                if "x-known-values" in choice:
                    values = ", ".join(f"`{value}`" for value in choice["x-known-values"])
                    yield f"| `{event}` | `{f'{part}.' if part else ''}{field}` | {values} |"


def topics_table() -> str:
    """Topic, what it holds and how long."""
    rows = [
        f"| `{topic}` | {'snapshots' if compacted(topic) else 'facts'} | {keeps} |"
        for topic, keeps in RETENTION.items()
    ]
    return (
        "\n".join(["| topic | holds | keeps |", "|---|---|---|", *rows, f"| its twin | dead letters | {TWINS} |"])
        + "\n"
    )


def classification_table() -> str:
    """Event and part, and which of its fields have which class."""
    rows = []
    for name in sorted(EVENTS):
        schema = schema_of(EVENTS[name])
        for part, content in ({"": schema} | schema.get("$defs", {})).items():
            classes = [
                ", ".join(
                    f"`{field}`" for field, said in content["properties"].items() if said["x-classification"] == each
                )
                for each in ORDER
            ]
            rows.append(f"| `{name.split('.', 2)[2]}`{f' {part}' if part else ''} | {' | '.join(classes)} |")
    return f"| event | {' | '.join(ORDER)} |\n|---|---|---|---|---|\n" + "\n".join(dict.fromkeys(rows)) + "\n"


TABLES = {
    "problems": problems_table,
    "settings": settings_table,
    "codes": codes_table,
    "events": topics_table,
    "classification": classification_table,
}
"""The page ``docs/NAME.md`` holds the table NAME."""


def committed(name: str) -> str:
    """The table as its page has it."""
    found = _place(name).search(page(name))
    assert found, f"docs/{name}.md has no place for its table"
    return found.group()


def write(name: str) -> None:
    """Put the table into its page."""
    text = _place(name).sub(lambda _: TABLES[name](), page(name))
    (DOCS / f"{name}.md").write_text(text, encoding="utf-8")


def page(name: str) -> str:
    """A page of the documentation."""
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def _place(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=<!-- table: {name} -->\n).*?(?=<!-- end -->)", re.DOTALL)


if __name__ == "__main__":
    for each in TABLES:
        write(each)

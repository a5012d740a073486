"""The JSON Schema of every event, as committed in ``schemas/``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared.contracts.base import EVENTS, Event

FOLDER = Path(__file__).parent / "schemas"
BASE = "https://anxiang.cn/events/"


def schema_of(event: type[Event]) -> dict[str, Any]:
    """An event's JSON Schema (2020-12): what a reader accepts. A sender writes the fields with a default, too."""
    schema = event.model_json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"{BASE}{event.TYPE}.json"}
    return head | schema | {"examples": [event.EXAMPLE]}


def documents() -> dict[Path, str]:
    """Every schema file and its text."""
    return {FOLDER / f"{name}.json": _text(schema_of(event)) for name, event in sorted(EVENTS.items())}


def committed(event_type: str) -> dict[str, Any]:
    """The published schema of a type, as committed."""
    found: dict[str, Any] = json.loads((FOLDER / f"{event_type}.json").read_text(encoding="utf-8"))
    return found


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"

"""The JSON Schema of every event, as committed in ``schemas/``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared.contracts.base import EVENTS, Event
from shared.contracts.classification import classified

FOLDER = Path(__file__).parent / "schemas"
BASE = "https://anxiang.cn/events/"


def schema_of(event: type[Event]) -> dict[str, Any]:
    """An event's JSON Schema (2020-12): what a reader accepts, fields and codes of later senders among it. Ours write
    the fields with a default, too, and no field that is not here."""
    schema: dict[str, Any] = classified(event, _open(event.model_json_schema()))
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"{BASE}{event.TYPE}.json"}
    return head | schema | {"examples": [event.EXAMPLE]}


def _open(node: Any) -> Any:  # noqa: ANN401  # any JSON
    """Without the end that the models put to their fields: readers pass over what they do not know."""
    if isinstance(node, list):
        return [_open(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {key: _open(value) for key, value in node.items() if (key, value) != ("additionalProperties", False)}


def documents() -> dict[Path, str]:
    """Every schema file and its text."""
    return {FOLDER / f"{name}.json": _text(schema_of(event)) for name, event in sorted(EVENTS.items())}


def committed(event_type: str) -> dict[str, Any]:
    """The published schema of a type, as committed."""
    found: dict[str, Any] = json.loads((FOLDER / f"{event_type}.json").read_text(encoding="utf-8"))
    return found


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"

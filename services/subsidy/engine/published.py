"""The published shape of a trace: ``anxiang.trace.v1`` as JSON Schema, and as a part of an OpenAPI document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TRACE_SCHEMA_TEXT = Path(__file__).with_name("trace.schema.json").read_text(encoding="utf-8")
TRACE_SCHEMA: dict[str, Any] = json.loads(TRACE_SCHEMA_TEXT)
_REFERENCE = "#/$defs/"


def inline_trace_schema() -> dict[str, Any]:
    """The same schema in one piece: every definition in the places that name it, nothing that names itself.

    Without its examples: an OpenAPI document is written without nulls, and a trace has some.
    """
    own = {name: part for name, part in TRACE_SCHEMA.items() if name not in {"$schema", "$id", "$defs", "examples"}}
    whole: dict[str, Any] = _inlined(own)
    return whole


def _inlined(part: Any) -> Any:  # noqa: ANN401  # JSON is any shape
    if isinstance(part, list):
        return [_inlined(item) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(TRACE_SCHEMA["$defs"][part["$ref"].removeprefix(_REFERENCE)])
    return {name: _inlined(item) for name, item in part.items()}

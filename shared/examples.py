"""An example of whatever a schema describes, made of the examples of its fields, so that no answer is without one."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

Json = Any
_FILE = Path(__file__).parent / "data" / "examples.yaml"
FORMATS: dict[str, str] = {
    "uuid": "019a4c00-0000-7000-8000-000000000001",
    "date": "2026-09-01",
    "date-time": "2026-10-01T01:30:00Z",
    "binary": "",
}
UNKNOWN = "…"
"""What a text is whose field has no example; no document shows it."""


@cache
def _by_name() -> dict[str, str]:
    found: dict[str, str] = YAML(typ="safe").load(_FILE.read_text(encoding="utf-8"))
    return found


def example_of(schema: dict[str, Json], schemas: dict[str, Json], name: str = "") -> Json:
    """A value that the schema allows: its own example, else one put together. ``schemas`` are the components."""
    return _Maker(schemas).make(schema, name)


class _Maker:
    def __init__(self, schemas: dict[str, Json]) -> None:
        self._schemas, self._within = schemas, list[str]()

    def make(self, schema: dict[str, Json], name: str) -> Json:
        if "$ref" in schema:
            return self._named(schema["$ref"].rpartition("/")[2], name)
        if "const" in schema or "example" in schema:
            return schema.get("const", schema.get("example"))
        if schema.get("examples") or schema.get("enum"):
            return (schema.get("examples") or schema["enum"])[0]
        if name not in _by_name() and _may_be_nothing(schema):
            return None  # what is often missing is missing: a living person has no day of death
        choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if choices:
            whole = {key: value for key, value in schema.items() if key not in {"anyOf", "oneOf", "allOf"}}
            return self.make(whole | next((one for one in choices if not self._ends(one)), {"type": "null"}), name)
        return self._of_type(schema, name)

    def _named(self, reference: str, name: str) -> Json:
        self._within.append(reference)
        try:
            return self.make(self._schemas[reference], name)
        finally:
            self._within.pop()

    def _ends(self, schema: dict[str, Json]) -> bool:
        return schema.get("type") == "null" or self._repeats(schema)

    def _repeats(self, schema: dict[str, Json]) -> bool:
        return schema.get("$ref", "").rpartition("/")[2] in self._within

    def _map(self, schema: dict[str, Json], name: str) -> Json:
        values, keys = schema.get("additionalProperties"), schema.get("propertyNames", {})
        return (
            {self.make(keys | {"type": "string"}, "code"): self.make(values, name)} if isinstance(values, dict) else {}
        )

    def _of_type(self, schema: dict[str, Json], name: str) -> Json:
        kind = schema.get("type", "object")
        if isinstance(kind, list):
            kind = next(one for one in kind if one != "null")
        if kind == "object":
            found = {key: self.make(value, key) for key, value in schema.get("properties", {}).items()}
            return found or self._map(schema, name)
        if kind == "array":
            items = schema.get("items", {})
            return [] if self._repeats(items) else [self.make(items, name.removesuffix("s"))]
        if kind == "string":
            known, form = _by_name().get(name), schema.get("format", "")
            return known if known and form in {"", "date"} else FORMATS.get(form, UNKNOWN)
        plain: dict[str, Json] = {"boolean": True, "null": None}
        return plain[kind] if kind in plain else schema.get("minimum", 1)


def _may_be_nothing(schema: dict[str, Json]) -> bool:
    return "null" in schema.get("type", ()) or any(one.get("type") == "null" for one in schema.get("anyOf", ()))

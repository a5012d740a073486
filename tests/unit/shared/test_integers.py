"""1.0 is an integer to JSON Schema: where a schema says integer it is read as 1, and what is no integer is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.contracts import EVENTS
from tests.unit.shared.test_request_texts import adapter, models

BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def whole(schema: dict[str, Any], root: dict[str, Any]) -> list[dict[str, Any]]:
    """Every integer that a value, its items, its keys' values or its choices may be."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if name:
        return []  # a model or a list of values, which stands for itself
    inner = [each for word in ("anyOf", "oneOf") for each in schema.get(word, ())]
    inner += [schema[word] for word in ("items", "additionalProperties") if isinstance(schema.get(word), dict)]
    found = [each for one in inner for each in whole(one, root)]
    return [*found, schema] if schema.get("type") == "integer" else found


def integers() -> Iterator[tuple[str, TypeAdapter[Any], dict[str, Any], dict[str, Any]]]:
    """Every field of a request or an event that is, or holds, an integer: its check, its schema, the integer's own."""
    shapes = models() | {f"event {name}": event for name, event in EVENTS.items()}
    for where, model in shapes.items():
        for name, field in model.model_fields.items():
            check = adapter(field.annotation, field.metadata)
            schema = check.json_schema()
            yield from ((f"{where}.{name}", check, schema, one) for one in whole(schema, schema))


def around(schema: dict[str, Any], number: str) -> str:
    """A number in the place of the integer: alone, in a list, or as the value of a key that fits."""
    choice = next((one for one in [schema, *schema.get("anyOf", [])] if one.get("type") != "null"), schema)
    if choice.get("type") == "array":
        return f"[{number}]"
    if choice.get("type") == "object":
        names = choice.get("propertyNames", {})
        root = schema.get("$defs", {}).get(names.get("$ref", "").rpartition("/")[2], names)
        return f'{{"{root.get("enum", ["a"])[0]}": {number}}}'
    return number


FOUND: dict[str, Any] = {name: rest for name, *rest in integers()}


@pytest.mark.parametrize("name", FOUND)
def test_every_integer_of_a_schema_is_read_with_a_point_and_without(name: str) -> None:
    check, schema, own = FOUND[name]
    good = max(own.get("minimum", own.get("exclusiveMinimum", 0) + 1), 1 if own.get("maximum", 1) >= 1 else 0)
    read = [
        check.validate_json(around(schema, text)) for text in (f"{good}", f"{good}.0", f"{good}0e-1", f"{good}.0e0")
    ]
    assert all(one == read[0] and str(one) == str(read[0]) for one in read), read
    for wrong in (f"{good}.5", "1e999", "NaN", "[]", "null" if "null" not in str(schema) else "{}"):
        with pytest.raises(ValidationError):
            check.validate_json(around(schema, wrong))


def test_there_are_many_of_them_and_of_both_kinds() -> None:
    assert len([name for name in FOUND if name.startswith("event")]) > 10
    assert len([name for name in FOUND if name.startswith("services.")]) > 10
    assert any(name.endswith(".meals") for name in FOUND)

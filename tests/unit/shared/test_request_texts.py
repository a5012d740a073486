"""No text of any request takes a character that nobody can see, whichever field it comes in."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Annotated, Any

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError

import services
from shared.errors import Invalid
from shared.paging import decode_cursor, encode_cursor
from shared.text import is_text

HOSTILE = {
    "control": "\x07", "nul": "\x00", "next line": "\x85", "delete": "\x7f", "soft hyphen": "\xad",
    "zero width": "\u200b", "joiner": "\u200d", "left to right": "\u200e", "override": "\u202e", "isolate": "\u2066",
    "word joiner": "\u2060", "byte order": "\ufeff", "line": "\u2028", "paragraph": "\u2029", "private": "\ue000",
    "far private": "\U000f0000", "tag": "\U000e0041", "surrogate": "\ud800", "unassigned": "\u0378",
    "noncharacter": "\uffff", "far noncharacter": "\U0002fffe", "thin blank": "\u2009", "filler": "\u3164",
    "braille blank": "\u2800", "lost": "\ufffd", "grapheme joiner": "\u034f", "arabic mark": "\u061c",
    "mongolian separator": "\u180e", "annotation": "\ufff9",
}  # fmt: skip
TEXTS = [f"张{character}三" for character in HOSTILE.values()] + [
    "\u0301张",
    "张 \u0301",
    "张、\ufe00",
    "a" + "\u0301" * 9,
]
READ_AS_TEXT = {
    "services.registry.seniors.api.SearchIn.cursor": "decode_cursor refuses it",
    "services.subsidy.simulations.schemas.DraftIn.override": "a whole file: read by the loader",
    "services.subsidy.simulations.schemas.DraftIn.sources": "the words of documents",
    "services.subsidy.simulations.schemas.DraftIn.snapshot": "a whole pack: read by the loader",
}


def schemas() -> Iterator[ModuleType]:
    """Every module of request shapes."""
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if module.name.rpartition(".")[2].endswith(("schemas", "documents", "reading", "api")):
            yield importlib.import_module(module.name)


def models() -> dict[str, type[BaseModel]]:
    """Every model of a request: nothing unknown is accepted in it."""
    found: dict[str, type[BaseModel]] = {}
    for module in schemas():
        for model in vars(module).values():
            if isinstance(model, type) and issubclass(model, BaseModel) and model.model_config.get("extra") == "forbid":
                found[f"{model.__module__}.{model.__name__}"] = model
    return {name: model for name, model in found.items() if "engine" not in name and name.startswith("services.")}


def adapter(annotation: Any, metadata: Sequence[Any]) -> TypeAdapter[Any]:
    """A field's own check."""
    kind: Any = Annotated[annotation, *metadata, None]
    return TypeAdapter(kind)


def fields() -> dict[str, TypeAdapter[Any]]:
    """Every field of every request, by itself."""
    return {
        f"{where}.{name}": adapter(field.annotation, field.metadata)
        for where, model in models().items()
        for name, field in model.model_fields.items()
    }


def parameters() -> dict[str, TypeAdapter[Any]]:
    """Every value of a path or a query."""
    found: dict[str, TypeAdapter[Any]] = {}
    for module in schemas():
        for router in [value for value in vars(module).values() if hasattr(value, "routes")]:
            for route in [route for route in router.routes if isinstance(route, APIRoute)]:
                for field in (*route.dependant.query_params, *route.dependant.path_params):
                    info = field.field_info
                    found[f"{route.path} {field.name}"] = adapter(info.annotation, info.metadata)
    return {name: one for name, one in found.items() if not name.endswith(" cursor")}


def taken(adapter: TypeAdapter[Any], text: str) -> bool:
    """Whether a text comes through, alone, in a list, as a key or a value."""
    for value in (text, [text], {text: "a"}, {text: 1}, {"a": text}, [{"a": text}], [{text: 1}], {"a": [text]}):
        try:
            adapter.validate_python(value)
        except ValidationError:
            continue
        return True
    return False


FIELDS = {name: one for name, one in fields().items() if name not in READ_AS_TEXT}


@pytest.mark.parametrize("name", FIELDS)
def test_no_field_of_a_request_takes_what_cannot_be_seen(name: str) -> None:
    assert [ascii(text) for text in TEXTS if taken(FIELDS[name], text)] == []


@pytest.mark.parametrize("name", PARAMETERS := parameters())
def test_no_parameter_takes_what_cannot_be_seen(name: str) -> None:
    assert [ascii(text) for text in TEXTS if taken(PARAMETERS[name], text)] == []


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_no_cursor_carries_what_cannot_be_seen(text: str) -> None:
    for cursor in (text, encode_cursor(text), encode_cursor(text, "a")):
        with pytest.raises(Invalid):
            decode_cursor(cursor, (str,))
        with pytest.raises(Invalid):
            decode_cursor(cursor, (str, str))


def test_there_are_many_fields_and_every_hostile_text_is_none() -> None:
    assert len(FIELDS) > 150
    assert len(PARAMETERS) > 30
    assert [ascii(text) for text in TEXTS if is_text(text)] == []
    assert set(READ_AS_TEXT) <= set(fields())

"""One concept, one spelling, over the four documents and the schemas of all events. The rules: docs/standards.md."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from pydantic import TypeAdapter

from shared.clock import AskedMonth, Month
from shared.contracts import EVENTS
from shared.contracts.asyncapi import document as asyncapi_of
from shared.contracts.schemas import schema_of
from shared.datum import STORED
from tests.support.documents import SERVICES, document_of, operations

TRACE = "anxiang.trace.v1, kept with every run as it was written"
EXCEPTIONS = {
    ("Effects", "region"): "a table of prefixes: in which jurisdictions a text has which effects",
    ("Trace", "amount_fen"): TRACE,
    ("Trace", "region"): TRACE,
    ("Trace", "subject_id"): TRACE,
    ("Trace", "amount"): TRACE,
    ("Trace", "month"): TRACE,
}
OWN_WORDS = {"event_id", "device_id"}
"""Ids that vendors give: text as they write it."""
MONEY = re.compile(r"^(amount|cost|price|alone)$|_(amount|sum|cost)$")
MOMENTS = {"at", "time", "device_time"}
"""Beside everything that ends with ``_at``."""
ZULU = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
OFFSET = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|$)")
FORMER = set(STORED.values())


class Field(NamedTuple):
    """A member of a schema, or a parameter, with whose it is."""

    owner: str
    name: str
    schema: dict[str, Any]
    asked: bool

    def kinds(self) -> list[dict[str, Any]]:
        """What it may be, apart from null; of a list, what its members may be."""
        found = [each for each in self.schema.get("anyOf", [self.schema]) if each.get("type") != "null"]
        return [each["items"] if each.get("type") == "array" and "items" in each else each for each in found]


def _members(owner: str, node: Any, asked: bool) -> Iterator[Field]:
    if isinstance(node, dict):
        for name, schema in node.get("properties", {}).items() if isinstance(node.get("properties"), dict) else ():
            yield Field(owner, name, schema, asked)
        for value in node.values():
            yield from _members(owner, value, asked)
    elif isinstance(node, list):
        for value in node:
            yield from _members(owner, value, asked)


def _reached(service: str, node: Any, found: set[str]) -> set[str]:
    """Names of the schemas that something refers to."""
    schemas = document_of(service)["components"]["schemas"]
    for name in re.findall(r'#/components/schemas/([^"]+)"', json.dumps(node)):
        if name not in found:
            found.add(name)
            _reached(service, schemas[name], found)
    return found


def fields(service: str) -> Iterator[Field]:
    """Every member of every schema and every parameter of a document."""
    bodies = [operation["requestBody"] for _, _, operation in operations(service) if "requestBody" in operation]
    asked = _reached(service, bodies, set())
    for name, schema in document_of(service)["components"]["schemas"].items():
        yield from _members(name, schema, name in asked)
    for method, path, operation in operations(service):
        for each in operation.get("parameters", []):
            yield Field(f"{method} {path}", each["name"], each["schema"], asked=True)


REST = [field for service in SERVICES for field in fields(service) if (field.owner, field.name) not in EXCEPTIONS]
TOLD = [field for name, event in EVENTS.items() for field in _members(name, schema_of(event), asked=False)]


def named(fields: list[Field], name: str) -> list[Field]:
    """Those of a name; there are some."""
    found = [field for field in fields if re.fullmatch(name, field.name)]
    assert found, name
    return found


def _patterns(field: Field) -> list[str]:
    return [kind.get("pattern", "") for kind in field.kinds() if kind.get("type") == "string"]


def test_a_datum_is_spelt_in_one_way() -> None:
    assert [f for f in named(REST, "datum") if {word for k in f.kinds() for word in k["enum"]} != set(STORED)] == []
    for service in SERVICES:
        written = set(re.findall(r'"([A-Z]{2,3}[0-9]{2})"', json.dumps(document_of(service))))
        assert written & FORMER == set(), service


def test_a_region_is_a_code_of_twelve_digits() -> None:
    right, wrong = ("321202000000",), ("321202", "3212", "3212020000000", "32120200000a")
    found = (*named(REST, "region|district|districts"), *named(TOLD, "region"))
    assert {
        (field.owner, field.name, pattern)
        for field in found
        for pattern in _patterns(field)
        if not all(re.fullmatch(pattern, code) for code in right) or any(re.fullmatch(pattern, code) for code in wrong)
    } == set()


def test_a_month_is_written_in_one_way_and_one_bound_holds_wherever_it_is_asked_for() -> None:
    bound, plain = (TypeAdapter(kind).json_schema()["pattern"] for kind in (AskedMonth, Month))
    assert {
        (field.owner, field.name, pattern)
        for field in (*named(REST, "(.*_)?months?"), *named(TOLD, "month"))
        for pattern in _patterns(field)
        if pattern != (bound if field.asked else plain)
    } == set()
    assert not any(re.fullmatch(bound, month) for month in ("1900-01", "1999-12", "2100-01", "2199-12", "20٢6-10"))


def test_money_is_a_text_of_yuan_in_answers_and_requests_and_a_number_of_fen_in_events() -> None:
    patterns = {pattern for field in named(REST, "amount") for pattern in _patterns(field)}
    assert len(patterns) == 1
    spelt = [field for field in REST if MONEY.search(field.name)]
    assert {(f.owner, f.name) for f in spelt if set(_patterns(f)) != patterns or len(f.kinds()) != 1} == set()
    assert [field for field in REST if field.name.endswith("_fen")] == []
    assert [field for field in TOLD if MONEY.search(field.name)] == [], "readers would take it for yuan: say _fen"
    assert {k["type"] for field in named(TOLD, ".*_fen") for k in field.kinds()} == {"integer"}


def test_an_id_is_a_uuid_and_a_moment_says_so_in_its_name() -> None:
    formats = {(f.owner, f.name): {kind.get("format") for kind in f.kinds()} for f in (*REST, *TOLD)}
    ids = {key: found for key, found in formats.items() if key[1].endswith("_id") and key[1] not in OWN_WORDS}
    assert {key: found for key, found in ids.items() if found != {"uuid"}} == {}
    named_so = {key for key in formats if key[1].endswith("_at") or key[1] in MOMENTS}
    assert named_so ^ {key for key, found in formats.items() if "date-time" in found} == set()


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
    elif isinstance(node, str):
        yield node


@pytest.mark.parametrize("service", SERVICES)
def test_every_moment_that_is_told_ends_with_z(service: str) -> None:
    told = [
        text
        for _, _, operation in operations(service)
        for status, response in operation["responses"].items()
        if status < "400"
        for media in response.get("content", {}).values()
        for text in _texts(media.get("example"))
    ]
    assert [text for text in told if OFFSET.fullmatch(text)] == []
    assert [text for text in told if ZULU.fullmatch(text)] != []
    events = [text for text in _texts(asyncapi_of(service)) if OFFSET.fullmatch(text)]
    assert events == []


def _tagged(operation: dict[str, Any]) -> bool:
    return any("ETag" in r.get("headers", {}) for status, r in operation["responses"].items() if status < "300")


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_changes_a_thing_that_has_an_etag_takes_if_match(service: str) -> None:
    """It is needed where fields are replaced or somebody decides on what he read, and may be left out where something
    is added; what makes a thing has nothing to match."""
    wrong = []
    for method, path, operation in operations(service):
        taken = {p["name"]: p["required"] for p in operation.get("parameters", []) if p["in"] == "header"}
        changes, answers = method != "get" and "{" in path and _tagged(operation), operation["responses"]
        needed = taken.get("If-Match", False)
        right = ("If-Match" in taken) == ("412" in answers) == changes and ("428" in answers) == needed
        if not right or (method in {"patch", "put"} and not needed):
            wrong.append(f"{method} {path}")
    assert wrong == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_list_in_pages_has_one_shape(service: str) -> None:
    schemas = document_of(service)["components"]["schemas"]
    for _, path, operation in operations(service):
        names = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
        assert ("cursor" in names) <= ("limit" in names), path
        if "cursor" in names:
            answer = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
            assert {"items", "next"} <= schemas[answer.rpartition("/")[2]]["properties"].keys(), path

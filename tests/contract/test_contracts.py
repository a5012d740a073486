"""The documents of the events say what the models say, and a published version is never broken."""

from __future__ import annotations

import copy
import importlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from prometheus_client.metrics import MetricWrapperBase
from ruamel.yaml import YAML

from shared.contracts import EVENTS, LISTENERS, TOPICS, Event, asyncapi, classification, registry, schemas, topics
from shared.contracts.__main__ import broken, drift
from shared.contracts.compatibility import breaks
from shared.events import metrics

ROOT = Path(__file__).parents[2]
EACH = pytest.mark.parametrize("event", EVENTS.values(), ids=lambda e: e.__name__)
SERVICES = pytest.mark.parametrize("service", asyncapi.SERVICES)
IDENTIFIERS = re.compile(
    r"identity|id_?card|id_?number|phone|mobile|tel\b|address|street|e_?mail|bank_?(card|no|number)|account_?(no|number|name)"
    r"|^account$|latitude|longitude|full_?name|person_?name|senior_?name|photo|face"
)


def test_the_committed_documents_do_not_drift_from_the_models() -> None:
    assert drift() == []


def test_no_published_version_is_broken() -> None:
    assert broken() == []


@EACH
def test_the_example_of_an_event_validates_by_model_and_by_committed_schema(event: type[Event]) -> None:
    made = event.model_validate(event.EXAMPLE)
    assert event.model_validate_json(made.model_dump_json()) == made
    assert made.key() in {str(value) for value in event.EXAMPLE.values()}
    checker = jsonschema.Draft202012Validator(
        schemas.committed(event.TYPE), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    checker.validate(event.EXAMPLE)
    checker.validate(made.model_dump(mode="json"))


@EACH
def test_an_event_is_named_after_its_topic_and_versioned(event: type[Event]) -> None:
    owner = event.TOPIC.partition(".")[0]
    assert re.fullmatch(rf"cn\.anxiang\.{owner}\.[a-z-]+\.[a-z]+\.v[1-9]", event.TYPE)
    assert event.TOPIC in TOPICS


@EACH
def test_an_event_takes_no_unknown_field(event: type[Event]) -> None:
    with pytest.raises(ValueError, match="extra_forbidden"):
        event.model_validate(event.EXAMPLE | {"more": 1})


def _later(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> Any:
    """The same as a later sender would write it: a new field in every part, a new value of every code."""
    schema = root["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if "anyOf" in schema and value is not None:
        return _later(value, schema["anyOf"][0], root)
    if "x-known-values" in schema:
        return "brand_new-1"
    if isinstance(value, dict):
        known = schema["properties"]
        return {name: _later(each, known[name], root) for name, each in value.items()} | {"a_new_field": {"deep": [1]}}
    return [_later(each, schema["items"], root) for each in value] if isinstance(value, list) else value


@EACH
def test_what_a_later_sender_adds_passes_the_published_schema_and_our_readers(event: type[Event]) -> None:
    schema = schemas.committed(event.TYPE)
    later = _later(event.EXAMPLE, schema, schema)
    assert later != event.EXAMPLE
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER).validate(
        later
    )
    assert event.model_validate(later, extra="ignore").key() == event.model_validate(event.EXAMPLE).key()


def _parts(node: Any) -> list[dict[str, Any]]:
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return ([node] if isinstance(node, dict) else []) + [part for each in below for part in _parts(each)]


@EACH
def test_a_published_schema_closes_nothing_that_may_grow(event: type[Event]) -> None:
    parts = _parts({name: part for name, part in schemas.committed(event.TYPE).items() if name != "examples"})
    assert [part for part in parts if "enum" in part or part.get("additionalProperties") is False] == []
    assert [part for part in parts if isinstance(part.get("const"), str)] == []


def _fields(schema: Any, name: str = "") -> list[tuple[str, dict[str, Any]]]:
    found = []
    for key, field in schema.get("properties", {}).items():
        found.append((f"{name}.{key}", field))
    for part, definition in schema.get("$defs", {}).items():
        found += _fields(definition, part)
    return found


@EACH
def test_no_field_is_a_direct_identifier_of_a_person(event: type[Event]) -> None:
    names = [name.rpartition(".")[2] for name, _ in _fields(schemas.schema_of(event))]
    assert [name for name in names if IDENTIFIERS.search(name)] == []
    if not event.__name__.startswith("Organization"):  # an organisation's registered name is public
        assert "name" not in names


@pytest.mark.parametrize("name", ["identity_number", "phone", "home_address", "account", "senior_name", "latitude"])
def test_the_check_for_identifiers_finds(name: str) -> None:
    assert IDENTIFIERS.search(name)


@EACH
def test_every_field_is_described_in_english_and_chinese(event: type[Event]) -> None:
    plain = [(name, field) for name, field in _fields(schemas.schema_of(event)) if "$ref" not in field]
    assert [name for name, field in plain if not re.search("[\u4e00-\u9fff]", field.get("description", ""))] == []


BASE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "format": "uuid", "description": "which"},
        "kind": {"enum": ["a", "b"], "type": "string"},
        "code": {"type": "string", "pattern": "^[a-z]+$", "x-known-values": ["a"]},
        "until": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}], "default": None},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
    },
    "required": ["id", "kind", "parts"],
    "$defs": {
        "Part": {"type": "object", "properties": {"grade": {"type": "integer", "maximum": 5}}, "required": ["grade"]}
    },
}


def _edit(schema: dict[str, Any], *path: str, value: Any = None) -> None:
    for step in path[:-1]:
        schema = schema[step]
    if value is None:
        del schema[path[-1]]
    else:
        schema[path[-1]] = value


def _edited(*path: str, value: Any = None) -> Callable[[dict[str, Any]], None]:
    return lambda schema: _edit(schema, *path, value=value)


BREAKING = {
    "a field is gone": (_edited("properties", "id"), "the field id would be gone"),
    "a field becomes required": (
        _edited("required", value=["id", "kind", "parts", "until"]),
        "until would be required",
    ),
    "a field is not always there any more": (_edited("required", value=["id", "parts"]), "kind would no longer"),
    "a type changes": (_edited("properties", "id", "type", value="integer"), "the event.id: type"),
    "a format changes": (_edited("properties", "id", "format", value="date"), "the event.id: format"),
    "a choice is taken away": (_edited("properties", "kind", "enum", value=["a"]), "the event.kind: enum"),
    "a choice is added": (_edited("properties", "kind", "enum", value=["a", "b", "c"]), "the event.kind: enum"),
    "null is no longer allowed": (_edited("properties", "until", "anyOf", value=[{"type": "string"}]), "until: anyOf"),
    "one of two types changes": (
        _edited("properties", "until", "anyOf", value=[{"type": "string", "format": "date-time"}, {"type": "null"}]),
        "the event.until: format",
    ),
    "a part's field is gone": (
        _edited("$defs", "Part", "properties", "grade"),
        "parts[]: the field grade would be gone",
    ),
    "a part's bound narrows": (
        _edited("$defs", "Part", "properties", "grade", "maximum", value=4),
        "parts[].grade: maximum",
    ),
}
ALLOWED = {
    "a code gets a value": _edited("properties", "code", "x-known-values", value=["a", "b"]),
    "nothing changes": lambda _: None,
    "an optional field comes": _edited("properties", "more", value={"type": "string"}),
    "a text changes": _edited("properties", "id", "description", value="which one"),
    "a part gets an optional field": _edited("$defs", "Part", "properties", "since", value={"type": "string"}),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_change_is_found_to_break_when(name: str) -> None:
    change, said = BREAKING[name]
    proposed = copy.deepcopy(BASE)
    change(proposed)
    found = breaks(BASE, proposed)
    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize("name", ALLOWED)
def test_a_change_is_allowed_when(name: str) -> None:
    proposed = copy.deepcopy(BASE)
    ALLOWED[name](proposed)
    assert breaks(BASE, proposed) == []


def test_renaming_a_definition_changes_nothing() -> None:
    proposed = copy.deepcopy(BASE)
    proposed["$defs"]["Piece"] = proposed["$defs"].pop("Part")
    proposed["properties"]["parts"]["items"] = {"$ref": "#/$defs/Piece"}
    assert breaks(BASE, proposed) == []


def _read(service: str) -> Any:
    return YAML(typ="safe").load((asyncapi.FOLDER / f"{service}.yaml").read_text(encoding="utf-8"))


def _follow(document: Any, reference: str) -> Any:
    for step in reference.removeprefix("#/").split("/"):
        document = document[step]
    return document


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [node["$ref"]] if set(node) == {"$ref"} else [r for value in node.values() for r in _references(value)]
    return [r for item in node for r in _references(item)] if isinstance(node, list) else []


@SERVICES
def test_an_asyncapi_document_is_complete_and_every_reference_leads_somewhere(service: str) -> None:
    document = _read(service)
    assert document["asyncapi"] == "3.0.0"
    assert {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"} == document.keys()
    assert {"title", "version"} <= document["info"].keys()
    for reference in _references(document):  # each within the document, which is valid alone
        assert _follow(document, reference)
    for name, payload in document["components"]["schemas"].items():
        event = next(one for one in EVENTS.values() if one.__name__ == name)
        jsonschema.Draft202012Validator(payload["schema"]).validate(event.EXAMPLE)


@SERVICES
def test_channels_operations_and_messages_of_an_asyncapi_document_fit_together(service: str) -> None:
    document = _read(service)
    for channel in document["channels"].values():
        assert channel["address"] == channel["bindings"]["kafka"]["topic"]
        assert channel["address"] in TOPICS
        assert channel["messages"]
    for operation in document["operations"].values():
        assert operation["action"] in {"send", "receive"}
        channel = _follow(document, operation["channel"]["$ref"])
        assert [_follow(document, m["$ref"]) for m in operation["messages"]] == list(channel["messages"].values())
        assert (operation["action"] == "send") == channel["address"].startswith(service + ".")
    for message in document["components"]["messages"].values():
        assert message["bindings"]["kafka"]["key"]
        assert message["examples"][0]["payload"] == EVENTS[message["name"]].EXAMPLE
        headers = _follow(document, message["traits"][0]["$ref"])["headers"]
        assert {"ce_id", "ce_type", "ce_source", "ce_specversion", "content-type"} <= set(headers["required"])


@SERVICES
def test_a_service_listens_to_exactly_what_its_document_says(service: str) -> None:
    handlers = importlib.import_module(f"services.{service}.handlers").HANDLERS
    assert {event.TOPIC for event in handlers} == {topic for topic, names in LISTENERS.items() if service in names}


def test_the_page_about_events_names_every_event_topic_and_metric() -> None:
    page = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")
    gauges = [
        name
        for _, metric in inspect.getmembers(metrics)
        if isinstance(metric, MetricWrapperBase)
        for name in _names(metric)
    ]
    assert gauges
    assert [name for name in [*EVENTS, *TOPICS, *gauges] if f"`{name}`" not in page] == []


def _names(metric: Any) -> list[str]:
    return [m.name + ("_total" if m.type == "counter" else "") for m in metric.describe()]


@EACH
def test_every_field_of_every_part_of_a_published_schema_has_its_class(event: type[Event]) -> None:
    found = {name: field.get("x-classification") for name, field in _fields(schemas.committed(event.TYPE))}
    assert found
    assert set(found.values()) <= set(classification.ORDER), found
    for service in asyncapi.SERVICES:
        payload = _read(service)["components"]["schemas"].get(event.__name__)
        if payload:  # inlined there
            told = {name: field["x-classification"] for name, field in _fields(payload["schema"])}
            assert told == {name: kind for name, kind in found.items() if name.startswith(".")}


def test_an_event_with_a_field_that_nobody_has_classified_cannot_be_published() -> None:
    class MoreKnown(registry.WorkerKnown):
        """A worker with one field more."""

        nickname: str

    with pytest.raises(TypeError, match=r"MoreKnown\.nickname has no classification"):
        classification.classified(MoreKnown, MoreKnown.model_json_schema())


def test_no_field_is_classified_that_is_in_no_event() -> None:
    for model, names in classification._OF.items():
        assert names.keys() <= classification._MODELS[model].model_fields.keys(), model


UNREAD = {
    "has_bank_account": "required in v1, goes with v2",
    "death_reported_on": "null in what we send; kept for old events",
    "circumstances": "only kinds that a reader works with are sent",
    "assessment_id": "required in v1: tells two results of one day apart",
}
"""Personal fields that no reader asks for by name."""


def test_what_is_personal_is_read_by_somebody_or_not_sent() -> None:
    """By the names in the code of the services that handle it. What none of ours handles is for others in the city."""
    handled = {name: importlib.import_module(f"services.{name}.handlers").HANDLERS for name in asyncapi.SERVICES}
    for event in EVENTS.values():
        readers = [name for name, handlers in handled.items() if event in handlers]
        texts = [
            file.read_text(encoding="utf-8")
            for service in readers
            for file in (ROOT / "services" / service).rglob("*.py")
        ]
        for name, field in _fields(schemas.schema_of(event)):
            plain = name.rpartition(".")[2]
            if field["x-classification"] in {"personal", "sensitive"} and readers and plain not in UNREAD:
                assert any(re.search(rf"\b{plain}\b", text) for text in texts), f"{event.__name__}{name}"
    assert not registry.TOLD_CIRCUMSTANCES  # whoever adds a kind names its reader here


@SERVICES
def test_every_channel_says_how_long_it_keeps_what_it_carries(service: str) -> None:
    for channel in _read(service)["channels"].values():
        for place, topic in (
            (channel["bindings"]["kafka"], channel["address"]),
            (channel["x-dead-letters"], channel["address"] + topics.DEAD_LETTERS),
        ):
            assert place["topic"] == topic
            wanted, said = topics.retention_of(topic).config(), place["topicConfiguration"]
            assert said.pop("cleanup.policy") == [wanted.pop("cleanup.policy")]
            assert {name: str(value) for name, value in said.items()}.items() <= wanted.items()
            assert {"retention.ms", "retention.bytes"} <= said.keys()
        assert str(topics.retention_of(channel["address"])) in channel["description"]

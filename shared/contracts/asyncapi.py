"""One AsyncAPI 3 document per service: the topics it sends to and the topics it reads."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from shared.contracts.base import EVENTS, TOPICS, Event
from shared.contracts.compatibility import inlined
from shared.contracts.schemas import schema_of
from shared.contracts.topics import DEAD_LETTERS, Retention, owned, read_by, retention_of

FOLDER = Path(__file__).parent / "asyncapi"
SERVICES = ("registry", "subsidy", "visits", "credit")
_TITLES = {
    "registry": "Registry 基础档案",
    "subsidy": "Subsidy 补贴",
    "visits": "Visits 服务核验",
    "credit": "Credit 信用监管",
}
_HEADERS = {
    "ce_specversion": {"type": "string", "const": "1.0", "description": "CloudEvents version"},
    "ce_id": {"type": "string", "format": "uuid", "description": "The event; deliveries with the same id are repeats"},
    "ce_type": {"type": "string", "description": "Name and version of the event"},
    "ce_source": {"type": "string", "format": "uri-reference", "description": "The sending service"},
    "ce_subject": {"type": "string", "description": "The aggregate's id, the same as the Kafka key"},
    "ce_time": {"type": "string", "format": "date-time", "description": "When the sender's transaction began"},
    "ce_dataschema": {"type": "string", "format": "uri", "description": "Name of the JSON Schema of the data"},
    "content-type": {"type": "string", "const": "application/json"},
    "traceparent": {"type": "string", "description": "W3C Trace Context of the sender, if it was traced"},
}
_REQUIRED = [name for name in _HEADERS if name != "traceparent"]


def document(service: str) -> dict[str, Any]:
    """The AsyncAPI document of one service."""
    sends, reads = owned(service), read_by(service)
    events = [event for event in EVENTS.values() if event.TOPIC in {*sends, *reads}]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"Anxiang {_TITLES[service]}",
            "version": "1.0.0",
            "description": "Made from shared/contracts; do not edit. CloudEvents 1.0, Kafka binary binding.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {_name(topic): _channel(topic) for topic in (*sends, *reads)},
        "operations": {
            f"{action}.{topic}": _operation(action, service, topic) for action, topic in _actions(sends, reads)
        },
        "components": {
            "messageTraits": {
                "cloudEvent": {"headers": {"type": "object", "properties": _HEADERS, "required": _REQUIRED}}
            },
            "messages": {event.__name__: _message(event) for event in events},
            "schemas": {event.__name__: _payload(event) for event in events},
        },
    }


def documents() -> dict[Path, str]:
    """Every AsyncAPI file and its text."""
    yaml = YAML()
    yaml.width = 4096
    yaml.representer.ignore_aliases = lambda _: True
    found = {}
    for service in SERVICES:
        text = StringIO()
        yaml.dump(document(service), text)
        found[FOLDER / f"{service}.yaml"] = text.getvalue()
    return found


def _name(topic: str) -> str:
    """A channel's id: AsyncAPI ids hold no dots inside JSON pointers worth reading."""
    return topic.replace(".", "-")


def _actions(sends: list[str], reads: list[str]) -> list[tuple[str, str]]:
    return [*(("send", topic) for topic in sends), *(("receive", topic) for topic in reads)]


def _on(topic: str) -> list[type[Event]]:
    return [event for event in EVENTS.values() if topic == event.TOPIC]


def _channel(topic: str) -> dict[str, Any]:
    return {
        "address": topic,
        "description": f"{TOPICS[topic]}. Kept: {retention_of(topic)}",
        "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"} for event in _on(topic)},
        "bindings": {"kafka": _topic(topic) | {"partitions": 12, "bindingVersion": "0.5.0"}},
        "x-dead-letters": _topic(topic + DEAD_LETTERS) | {"partitions": 1},
    }


def _topic(topic: str) -> dict[str, Any]:
    return {"topic": topic, "topicConfiguration": _configuration(retention_of(topic))}


def _configuration(retention: Retention) -> dict[str, Any]:
    """As the Kafka binding writes it: policies as a list, numbers as numbers."""
    plain = retention.config()
    numbers = {name: int(value) for name, value in plain.items() if name.endswith((".ms", ".bytes"))}
    return {"cleanup.policy": plain["cleanup.policy"].split(",")} | numbers


def _operation(action: str, service: str, topic: str) -> dict[str, Any]:
    group = {"bindings": {"kafka": {"groupId": {"type": "string", "const": service}, "bindingVersion": "0.5.0"}}}
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{_name(topic)}"},
        "messages": [{"$ref": f"#/channels/{_name(topic)}/messages/{event.__name__}"} for event in _on(topic)],
        **(group if action == "receive" else {}),
    }


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.TYPE,
        "title": event.__name__,
        "summary": (event.__doc__ or "").splitlines()[0],
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "bindings": {"kafka": {"key": {"type": "string", "format": "uuid"}, "bindingVersion": "0.5.0"}},
        "examples": [{"payload": event.EXAMPLE}],
    }


def _payload(event: type[Event]) -> dict[str, Any]:
    """The event's schema in whole, its parts in their places: a document that somebody downloads is valid alone."""
    schema = schema_of(event)
    return {
        "schemaFormat": "application/schema+json;version=draft-2020-12",
        "schema": inlined({name: part for name, part in schema.items() if name not in {"$id", "$schema", "examples"}}),
        "x-dataschema": schema["$id"],
    }

"""A message on its way, and its CloudEvents 1.0 form on Kafka (binary binding)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote, unquote
from uuid import NAMESPACE_URL, UUID, uuid5

SCHEMAS = "https://anxiang.cn/events/"
"""Where an event's JSON Schema has its name: ``<SCHEMAS><type>.json``."""
DEAD_LETTERS = ".dead-letters"
_SAFE = "".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in '"%')
_PLAIN = re.compile(f"[{re.escape(_SAFE)}]*").fullmatch

_SOURCE = 2
"""The place of ``ce_source`` among the headers."""
_LONGEST_SOURCE = 200

Headers = list[tuple[str, bytes]]


class Message(NamedTuple):
    """One event between outbox and handler; ``data`` is its JSON."""

    id: UUID
    type: str
    topic: str
    key: str
    time: datetime
    traceparent: str | None
    data: bytes
    source: str = ""
    """Where it comes from, if that is not the service that owns the topic."""

    @property
    def identity(self) -> tuple[str, UUID]:
        """Source and id: only together do they name one event (CloudEvents 1.0, 3.1.1)."""
        return self.source or source_of(self.topic), self.id


def source_of(topic: str) -> str:
    """The CloudEvents source: the service that owns the topic."""
    return "/anxiang/" + topic.partition(".")[0]


def header_text(value: str) -> bytes:
    """Printable ASCII as it is; everything else, blank, quote and percent sign percent-encoded."""
    return value.encode() if _PLAIN(value) else quote(value, safe=_SAFE).encode()


@lru_cache(maxsize=256)
def _fixed(event_type: str, topic: str) -> Headers:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_type", header_text(event_type)),
        ("ce_source", header_text(source_of(topic))),
        ("ce_dataschema", header_text(f"{SCHEMAS}{event_type}.json")),
        ("content-type", b"application/json"),
    ]


@lru_cache(maxsize=256)
def _time(moment: datetime) -> bytes:
    """RFC 3339 in UTC; events of one transaction share their time, so the cache answers nearly always."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z").encode()


def to_headers(message: Message) -> Headers:
    """The Kafka headers of a message."""
    headers = [
        *_fixed(message.type, message.topic),
        ("ce_id", str(message.id).encode()),
        ("ce_time", _time(message.time)),
        ("ce_subject", header_text(message.key)),
    ]
    if message.source:
        headers[_SOURCE] = ("ce_source", header_text(message.source))
    if message.traceparent:
        headers.append(("traceparent", message.traceparent.encode()))
    return headers


def _plain(text: str) -> str:
    """PostgreSQL keeps no NUL in text, and a message that cannot be kept could not even be dead-lettered."""
    return text.replace("\0", "\ufffd")


@lru_cache(maxsize=1024)
def _text(value: bytes) -> str:
    return _plain(unquote(value.decode("utf-8", "replace")))


@lru_cache(maxsize=256)
def _moment(value: bytes) -> datetime:
    moment = datetime.fromisoformat(value.decode())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def from_headers(
    topic: str,
    place: str,
    key: bytes | None,
    headers: Iterable[tuple[str, bytes]],
    data: bytes | None,
    *,
    stored_ms: int,
) -> Message:
    """A message from a Kafka record. What is missing or wrong is replaced so that it can be dead-lettered by name.

    ``place`` (partition and offset) names a record that carries no id; ``stored_ms`` is the broker's time.
    """
    found = dict(headers)
    try:
        message_id = UUID(found["ce_id"].decode())
    except (KeyError, ValueError):
        message_id = uuid5(NAMESPACE_URL, f"{topic}/{place}")
    try:
        time = _moment(found["ce_time"])
    except (KeyError, ValueError):
        time = datetime.fromtimestamp(stored_ms / 1000, UTC)
    trace = found.get("traceparent")
    return Message(
        message_id,
        _text(found.get("ce_type", b"")),
        topic,
        _plain((key or b"").decode("utf-8", "replace")),
        time,
        _plain(trace.decode("ascii", "replace")) if trace else None,
        data or b"",
        _source(topic, found.get("ce_source") or b""),
    )


@lru_cache(maxsize=256)
def _source(topic: str, value: bytes) -> str:
    """Somebody else's source; one that no index could hold is told by its digest."""
    source = _text(value)
    if source == source_of(topic):
        return ""
    return source if len(source) <= _LONGEST_SOURCE else f"sha256:{sha256(value).hexdigest()}"

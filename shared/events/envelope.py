"""A message on its way, and its CloudEvents 1.0 form on Kafka (binary binding)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote, unquote
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.dates import read_moment

SCHEMAS = "https://anxiang.cn/events/"
"""Where an event's JSON Schema has its name: ``<SCHEMAS><type>.json``."""
_SAFE = "".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in '"%')
_PLAIN = re.compile(f"[{re.escape(_SAFE)}]*").fullmatch

_TRACE = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}").fullmatch
_LONGEST_HEADER = 4096
_LONGEST_TYPE = 256
_LONGEST_TIME = 64
_UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_SOURCE = 2
"""The place of ``ce_source`` among the headers."""
_LONGEST_SOURCE = 200

Headers = list[tuple[str, bytes]]


class Message(NamedTuple):
    """One event between outbox and handler; ``data`` is its JSON, ``place`` its partition and offset on Kafka."""

    id: UUID
    type: str
    topic: str
    key: str
    time: datetime
    traceparent: str | None
    data: bytes
    place: str = ""
    """Partition and offset, where it was read."""
    source: str = ""
    """Where it comes from, if that is not the service that owns the topic."""

    @property
    def identity(self) -> tuple[str, UUID]:
        """Source and id: only together do they name one event (CloudEvents 1.0, 3.1.1)."""
        return self.source or source_of(self.topic), self.id


@lru_cache(maxsize=256)
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


def storable(text: str, longest: int) -> str:
    """A text that PostgreSQL, JSON and UTF-8 can carry: no NUL, no half of a surrogate pair, so many characters."""
    if text.isascii() and len(text) <= longest and "\0" not in text:
        return text
    return text[:longest].replace("\0", "\ufffd").encode("utf-8", "replace").decode()


@lru_cache(maxsize=1024)
def _type(value: bytes) -> str:
    return storable(unquote(value.decode("utf-8", "replace")), _LONGEST_TYPE)


@lru_cache(maxsize=256)
def _moment(value: bytes) -> datetime:
    return read_moment(value.decode()).astimezone(UTC)


def _time_of(header: bytes, stored_ms: int) -> datetime:
    """When the event says that it happened; else when the broker stored it; else 1970, which nothing happened in."""
    try:
        return _moment(header[:_LONGEST_TIME])
    except ValueError:
        with suppress(ValueError, OverflowError, OSError):
            return _moment(datetime.fromtimestamp(stored_ms / 1000, UTC).isoformat().encode())
    return _UNKNOWN_TIME


def from_headers(
    topic: str,
    place: str,
    key: bytes | None,
    headers: Iterable[tuple[str, bytes | None]],
    data: bytes | None,
    *,
    stored_ms: int,
) -> Message:
    """A message from any Kafka record whatever. What is missing or wrong is replaced so that it can be stored.

    ``place`` (partition and offset) names a record that carries no id; ``stored_ms`` is the broker's time. Nothing of
    a header is looked at beyond its first 4,096 bytes.
    """
    found = dict(headers)
    trace = found.get("traceparent")
    text = (key or b"").decode("utf-8", "replace")
    return Message(
        _id(found.get("ce_id") or b"", topic, place),
        _type((found.get("ce_type") or b"")[:_LONGEST_HEADER]),
        topic,
        storable(text, len(text)),
        _time_of(found.get("ce_time") or b"", stored_ms),
        trace.decode() if trace and _TRACE(trace) else None,
        data or b"",
        place,
        _source(topic, (found.get("ce_source") or b"")[:_LONGEST_HEADER]),
    )


def _id(value: bytes, topic: str, place: str) -> UUID:
    """The event's id. An id that is no UUID is told by one made of it, so that a copy is known again; a record without
    a readable id is known by its place."""
    try:
        return UUID(value[:_LONGEST_HEADER].decode())
    except ValueError:
        with suppress(ValueError):
            text = value[:_LONGEST_HEADER].decode()
            if text.strip() and text.isprintable():
                return uuid5(NAMESPACE_URL, f"id {text}")
    return uuid5(NAMESPACE_URL, f"{topic}/{place}")


@lru_cache(maxsize=256)
def _source(topic: str, value: bytes) -> str:
    """Somebody else's source; one that no index could hold is told by its digest."""
    source = storable(unquote(value.decode("utf-8", "replace")), _LONGEST_HEADER)
    if source == source_of(topic):
        return ""
    return source if len(source) <= _LONGEST_SOURCE else f"sha256:{sha256(value).hexdigest()}"

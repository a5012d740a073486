"""Any record becomes a message that can be stored, and any batch becomes records."""

from __future__ import annotations

import struct
from datetime import UTC
from typing import Any

import orjson
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import EVENTS
from shared.events import records
from shared.events.consumer import UnreadableError, read
from shared.events.envelope import Message, from_headers, storable, to_headers

NAMES = st.sampled_from(["ce_id", "ce_type", "ce_time", "ce_subject", "traceparent"]) | st.text()
TIMES = st.datetimes().map(lambda t: t.isoformat().encode()) | st.sampled_from(
    [b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00", b"10000-01-01T00:00:00Z", b"infinity", b"-1"]
)
TYPES = st.sampled_from(sorted(EVENTS)).map(str.encode) | st.sampled_from([b"%00", b"%ed%a0%80", b"\xff" * 9_000])
VALUES = st.none() | st.binary() | TIMES | TYPES | st.binary(min_size=5_000, max_size=5_000)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=30)
MOMENTS = st.integers(-(2**63), 2**63 - 1)
JSON = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
)
DATA = st.none() | st.binary() | JSON.map(lambda v: str(v).encode("utf-8", "replace"))


@given(HEADERS, st.none() | st.binary(), DATA, MOMENTS)
def test_any_record_becomes_a_message_that_postgresql_json_and_kafka_can_carry(
    headers: list[tuple[str, bytes | None]], key: bytes | None, data: bytes | None, stored_ms: int
) -> None:
    message = from_headers("visits.services", "3/17", key, headers, data, stored_ms=stored_ms)
    for text in (message.type, message.key, message.traceparent or ""):
        assert "\0" not in text
        assert text.encode().decode() == text
    assert message.time.tzinfo is UTC
    assert 1 < message.time.year < 9999
    assert len(message.type) <= 256
    assert orjson.dumps(message._asdict() | {"data": ""})
    assert all(isinstance(value, bytes) for _, value in to_headers(message))


@given(HEADERS, DATA)
def test_any_message_is_read_or_said_to_be_unreadable(
    headers: list[tuple[str, bytes | None]], data: bytes | None
) -> None:
    for event_type in [*EVENTS, ""]:
        wanted = [*headers, ("ce_type", event_type.encode())]
        message = from_headers("visits.services", "0/1", None, wanted, data, stored_ms=0)
        try:
            read(message)
        except UnreadableError as error:
            assert storable(str(error), 500).encode()  # noqa: PT017  # either way is right


def test_the_record_of_one_place_has_the_same_id_every_time() -> None:
    def id_of(place: str) -> Any:
        return from_headers("visits.services", place, None, [("ce_id", None)], None, stored_ms=-1).id

    assert id_of("0/1") == id_of("0/1") != id_of("0/2")


@given(st.text(st.characters(codec=None)), st.integers(0, 20))
def test_storable_texts_hold_no_nul_and_no_half_of_a_surrogate_pair(text: str, longest: int) -> None:
    assert "\0" not in storable(text, longest)
    assert len(storable(text, longest).encode().decode()) <= longest


def _batch(count: int, *, name: bytes = b"~~~~", codec: int = 0, whole: bool = True) -> bytes:
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
    for offset in range(count):
        builder.append(offset, 5, b"key", b"value %d" % offset, [("~~~~", b"x")])
    raw = bytearray(bytes(builder.build()).replace(b"~~~~", name))
    raw[22] |= codec
    raw[17:21] = struct.pack(">I", calc_crc32c(bytes(raw[21:])) ^ (not whole))
    return bytes(raw)


def _read(data: bytes) -> list[Any]:
    batches, found = records.Records(data), []
    while batches.has_next():
        batch: Any = batches.next_batch()
        assert any(batch.validate_crc() for _ in range(3))
        found += list(batch)
    return found


@given(st.binary(min_size=4, max_size=4))
def test_headers_of_any_name_leave_every_record_readable(name: bytes) -> None:
    read_ = _read(_batch(3, name=name) + _batch(2))
    assert [record.value for record in read_] == [b"value 0", b"value 1", b"value 2", b"value 0", b"value 1"]
    assert [(record.key, record.offset, record.timestamp) for record in read_[:3]] == [(b"key", n, 5) for n in range(3)]


def test_a_batch_that_nobody_can_unpack_or_check_is_one_record_of_its_bytes_and_the_next_is_read() -> None:
    for broken in (_batch(4, codec=4), _batch(4, codec=7), _batch(4, whole=False), _batch(4, codec=1)):
        first, *others = _read(broken + _batch(2))
        assert (first.offset, first.value, len(others)) == (3, broken, 2)
        assert first.headers[0][1].startswith(b"unreadable record batch: ")


@given(st.binary(min_size=1, max_size=200), st.integers(61, 120))
def test_whatever_bytes_a_batch_holds_its_partition_goes_on(noise: bytes, place: int) -> None:
    raw = bytearray(_batch(4))
    raw[place : place + len(noise)] = noise[: len(raw) - place]
    raw[17:21] = struct.pack(">I", calc_crc32c(bytes(raw[21:])))
    found = _read(bytes(raw) + _batch(2))
    assert [record.value for record in found[-2:]] == [b"value 0", b"value 1"]


def test_a_message_has_place_and_source_last_so_that_an_outbox_row_needs_none() -> None:
    assert Message._fields[-2:] == ("place", "source")
    assert Message._field_defaults == {"place": "", "source": ""}

"""Kafka records of every kind, good ones among them: for the consumer that nothing may stop."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from shared.contracts import visits
from shared.events.envelope import Message, to_headers
from shared.ids import new_id
from tests.contract.worlds import verified

Headers = list[tuple[str, bytes | None]]
TOPIC = visits.MealDeliveryVerified.TOPIC
LIMIT = 1_500_000
_NAMES = ("ce_id", "ce_type", "ce_time", "ce_subject", "ce_source", "traceparent", "content-type", "", "\0", "头")
_TIMES = (
    *(b"", b"\xff\xfe", b"now", b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00", b"10000-01-01T00:00:00Z"),
    *(b"2026-10-01", b"2026-10-01T24:00:00Z", b"1e300000", b"-1", b"0" * 5000, b"2026-10-01T00:00:00.000000000Z"),
)
_VALUES = (
    *(None, b"", b"\0", b"\xff" * 9, b"null", b"[]", b"{}", b"[" * 20_000, b'"\\ud800"', b"1" * 5000, b"1e300000"),
    *(b'{"delivery_id": "\\u0000"}', b'{"meals": 1e400}', b"{" + b'"a":' * 3000),
)
_KINDS = (*(_NAMES[:3]), "value", "key", "headers", "size", "time")


class Record(NamedTuple):
    """One record to be sent; ``good`` names its event, which has to be applied once."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int
    good: UUID | None


def records(count: int, seed: int) -> list[Record]:
    """So many records; every second is good."""
    chance = random.Random(seed)
    return [_good(chance, number) if number % 2 == 0 else _bad(chance, number) for number in range(count)]


def good_message(number: int) -> tuple[Message, Headers]:
    """A message that a sender of ours would send."""
    event = verified(meals=1 + number % 3)
    message = Message(new_id(), event.TYPE, event.TOPIC, event.key(), event.delivered_at, None, _json(event))
    return message, list(to_headers(message))


def _json(event: Any) -> bytes:
    data: bytes = event.model_dump_json().encode()
    return data


def _good(chance: random.Random, number: int) -> Record:
    """As ours are, or with what a foreign sender may add without harm."""
    message, headers = good_message(number)
    chance.shuffle(headers)
    key = chance.choice((message.key.encode(), message.key.encode(), None, b"\xff\0", chance.randbytes(40)))
    if number % 7 == 0:
        headers += [(f"x-{n}", chance.choice((None, b"", b"\xff"))) for n in range(chance.randrange(1, 300))]
    if number % 5 == 0:
        headers = [(n, chance.choice(_TIMES) if n == "ce_time" else v) for n, v in headers]
    return Record(key, message.data, headers, _timestamp(chance), message.id)


def _bad(chance: random.Random, number: int) -> Record:
    message, headers = good_message(number)
    value: bytes | None = chance.choice((b"{}", b"not json", message.data[:-1], chance.choice(_VALUES)))
    key: bytes | None = message.key.encode()
    kind = chance.choice(_KINDS)
    if kind in _NAMES:
        headers = [(n, chance.choice((None, b"", b"\xff", b"\0", chance.randbytes(20))) if n == kind else v)
                   for n, v in headers]  # fmt: skip
    elif kind == "key":
        key = chance.choice((None, b"", b"\xff" * 5000, b"\0", "\ufffd敬老".encode() * 900, chance.randbytes(3000)))
    elif kind == "headers":
        headers = [(chance.choice(_NAMES), chance.choice((None, b"", chance.randbytes(9)))) for _ in range(500)]
    elif kind == "size" and number % 100 == 1:
        length = LIMIT - chance.randrange(2000)
        spot = chance.randrange(3)
        key, value = (b"k" * length, b"") if spot == 0 else (key, b"v" * length if spot == 1 else b"")
        headers = [*headers, ("long", b"h" * length)] if spot == 2 else headers
    return Record(key, value, headers, _timestamp(chance), None)


def _timestamp(chance: random.Random) -> int:
    return chance.choice((0, 1, 1_760_000_000_000, 2**31, -1, 1_760_000_000_000, 253_402_300_800_000, 2**62))


def batch(of: Sequence[Record]) -> bytes:
    """A record batch of format 2; the bad ones have one header more whose name is no UTF-8, as other clients send it.

    The name is put in where aiokafka wrote its stand-in, of the same length.
    """
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 24)
    for offset, record in enumerate(of):
        headers = record.headers if record.good else [*record.headers, ("~~~~", b"\xff")]
        builder.append(offset, record.timestamp, record.key, record.value, headers)
    raw = bytearray(bytes(builder.build()).replace(b"~~~~", b"\xff\xfe\x80\xc0"))
    raw[17:21] = struct.pack(">I", calc_crc32c(bytes(raw[21:])))
    return bytes(raw)


class Sender:
    """Sends batches as they are, whatever their sender's library would say."""

    def __init__(self, clients: dict[str, Any]) -> None:
        self._client: Any = AIOKafkaClient(**clients)

    async def __aenter__(self) -> Sender:
        await self._client.bootstrap()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def send(self, topic: str, partition: int, raw: bytes) -> None:
        """AssertionError where the broker does not take it."""
        request = ProduceRequest(
            required_acks=-1, timeout=30_000, topics=[(topic, [(partition, raw)])], transactional_id=None
        )
        answer = await self._client.send(self._client.get_random_node(), request)
        [(_, [(_, code, *_rest)])] = answer.topics
        assert code == 0, f"the broker refuses the batch: {code}"

"""A message survives the way through Kafka headers, and what is broken can still be named."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from cloudevents.core.bindings import kafka as binding
from hypothesis import given
from hypothesis import strategies as st

from shared.events.envelope import Message, from_headers, header_text, to_headers

MOMENT = datetime(2026, 10, 9, 3, 40, 0, 123456, UTC)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def _message(key: str = "019a4c00", trace: str | None = TRACE) -> Message:
    return Message(uuid4(), "cn.anxiang.visits.meal-delivery.verified.v1", "visits.services", key, MOMENT, trace, b"{}")


@given(st.text(min_size=1).filter(lambda text: "\0" not in text and text.isprintable()), st.sampled_from([TRACE, None]))
def test_a_message_comes_out_as_it_went_in(key: str, trace: str | None) -> None:
    sent = _message(key, trace)
    headers = to_headers(sent)
    came = from_headers(sent.topic, "0/1", key.encode(), headers, sent.data, stored_ms=0)
    assert came == sent._replace(place="0/1")
    assert all(value.isascii() for _, value in headers)


def test_text_that_is_not_ascii_is_percent_encoded() -> None:
    assert header_text('张 三"%') == b"%E5%BC%A0%20%E4%B8%89%22%25"


def test_an_independent_reader_of_cloud_events_understands_the_headers() -> None:
    sent = _message()
    event = binding.from_binary_event(
        binding.KafkaMessage(headers=dict(to_headers(sent)), key=sent.key.encode(), value=b'{"a": 1}')
    )
    assert event.get_id() == str(sent.id)
    assert event.get_type() == sent.type
    assert event.get_source() == "/anxiang/visits"
    assert event.get_subject() == sent.key
    assert event.get_time() == MOMENT
    assert event.get_data() == {"a": 1}


@pytest.mark.parametrize("headers", [[], [("ce_id", b"no uuid"), ("ce_time", b"yesterday"), ("ce_type", b"\xff\x00")]])
def test_a_record_without_usable_headers_gets_a_name_that_stays_the_same(headers: list[tuple[str, bytes]]) -> None:
    first, second = (from_headers("visits.services", "2/7", None, headers, None, stored_ms=1000) for _ in range(2))
    assert first == second
    assert isinstance(first.id, UUID)
    assert first.time == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert "\0" not in first.type
    elsewhere = from_headers("visits.services", "2/8", None, headers, None, stored_ms=1000)
    assert (first.id == elsewhere.id) is bool(headers), "only an id of its own says that it is the same event"

"""Reading what vendors send: right, wrong and hostile."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import UTC
from typing import Any

import pytest

from services.visits.deliveries.reading import BATCH, PLAIN, STRUCTURED, Refusal, read_one
from services.visits.errors import BatchTooLarge, NotADelivery, NotCloudEvents
from services.visits.records.domain import Delivery
from shared.errors import Malformed, Problem
from tests.support.visits import VENDOR_A, data, event, plain, read_batch


def _read(content: Any, kind: str = PLAIN) -> Delivery:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_one({"content-type": kind}, body)


def _pointers(content: Any, kind: str = PLAIN) -> list[str]:
    with pytest.raises(NotADelivery) as caught:
        _read(content, kind)
    return [error.pointer for error in caught.value.errors]


def test_the_three_forms_of_one_delivery_are_the_same() -> None:
    envelope = event()
    headers = {f"ce-{key}": value for key, value in envelope.items() if key not in {"data", "datacontenttype"}}
    binary = read_one(headers | {"content-type": "application/json; charset=utf-8"}, json.dumps(data()).encode())
    assert _read(plain()) == _read(envelope, STRUCTURED) == binary
    assert binary.started_at.tzinfo is UTC


def test_binary_data_cannot_overrule_its_headers() -> None:
    headers = {f"ce-{key}": value for key, value in event().items() if key not in {"data", "datacontenttype"}}
    with pytest.raises(Malformed):
        read_one(headers, json.dumps(data()).encode() + b',"id":"other"')


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"event_id": ""}, "/event_id"),
        ({"event_id": "x" * 65}, "/event_id"),
        ({"event_id": "a b"}, "/event_id"),
        ({"event_id": "a\x00"}, "/event_id"),
        ({"event_id": "事件"}, "/event_id"),
        ({"event_id": 5}, "/event_id"),
        ({"sequence": 0}, "/sequence"),
        ({"sequence": 2**31}, "/sequence"),
        ({"sequence": 10**400}, "/sequence"),
        ({"sequence": 1.5}, "/sequence"),
        ({"sequence": "1"}, "/sequence"),
        ({"sequence": True}, "/sequence"),
        ({"senior_id": "3212"}, "/senior_id"),
        ({"service": "bath"}, "/service"),
        ({"meals": 0}, "/meals"),
        ({"meals": 100}, "/meals"),
        ({"meals": None}, "/meals"),
        ({"started_at": "2026-10-09T11:25:00"}, "/started_at"),
        ({"started_at": "2026-02-30T11:25:00+08:00"}, "/started_at"),
        ({"started_at": 1760000000}, "/started_at"),
        ({"ended_at": "2026-10-09"}, "/ended_at"),
        ({"ended_at": "0001-01-01T00:00:00+14:00"}, "/ended_at"),
        ({"ended_at": "9999-12-31T23:59:59-14:00"}, "/ended_at"),
        ({"device_time": "now"}, "/device_time"),
        ({"place": {"latitude": 91, "longitude": 0, "datum": "WGS84"}}, "/place/latitude"),
        ({"place": {"latitude": 0, "longitude": -181, "datum": "WGS84"}}, "/place/longitude"),
        ({"place": {"latitude": 0, "longitude": 0, "datum": "CGCS2000"}}, "/place/datum"),
        ({"place": {"latitude": 0, "longitude": 0}}, "/place/datum"),
        ({"place": {"latitude": 0, "longitude": 0, "datum": "WGS84", "accuracy_m": 1e300}}, "/place/accuracy_m"),
        ({"place": {"latitude": "32", "longitude": 0, "datum": "WGS84"}}, "/place/latitude"),
        ({"place": {"latitude": 0, "longitude": 0, "datum": "WGS84", "altitude": 3}}, "/place/altitude"),
        ({"place": [0, 0]}, "/place"),
        ({"method": "telepathy"}, "/method"),
        ({"method": ...}, "/method"),
        ({"method": "manual"}, "/manual_reason"),
        ({"method": "staff_witness", "device_id": ...}, "/witness_ref"),
        ({"device_id": ...}, "/device_id"),
        ({"worker_ref": "张三"}, "/worker_ref"),
        ({"worker_ref": "x" * 65}, "/worker_ref"),
        ({"photo_sha256": "abc"}, "/photo_sha256"),
        ({"note": "x" * 201}, "/note"),
        ({"note": "a\x00b"}, "/note"),
        ({"surprise": 1}, "/surprise"),
        ({"vendor_id": ...}, "/vendor_id"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(change: dict[str, Any], pointer: str) -> None:
    record = {key: value for key, value in (plain() | change).items() if value is not ...}
    assert pointer in _pointers(record)


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(literal: str) -> None:
    body = json.dumps(plain()).replace("32.4559", literal).encode()
    with pytest.raises((NotADelivery, Malformed)):
        _read(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b'{"event_id": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"sequence":' + b"9" * 100_000 + b"}",
        b"null",
        b"[]",
        b'"text"',
        json.dumps(plain()).encode() + b" x",
    ],
)
def test_broken_and_bottomless_bodies_are_a_clear_problem(body: bytes) -> None:
    for kind in (PLAIN, STRUCTURED):
        with pytest.raises(Problem) as caught:
            _read(body, kind)
        assert caught.value.status in {400, 422}
    if body != b"[]":
        with pytest.raises(Problem) as caught:
            read_batch({"content-type": BATCH}, body)
        assert caught.value.status in {400, 422}


def test_of_a_key_given_twice_the_last_one_counts() -> None:
    body = json.dumps(plain()).encode()[:-1] + b',"meals":7}'
    assert _read(body).meals == 7


def test_a_batch_keeps_the_order_of_good_and_bad_items() -> None:
    events = [event(0), {}, event(1), [], event(2) | {"id": "x" * 99}, event(3)]
    items = read_batch({"content-type": BATCH}, json.dumps(events).encode())
    assert [item.event_id for item in items] == ["e-0", None, "e-1", None, "x" * 64, "e-3"]
    assert [isinstance(item, Refusal) for item in items] == [False, True, False, True, True, False]


def test_duplicate_keys_in_a_batch_with_a_bad_item_read_as_without_it() -> None:
    twice = json.dumps(event(0))[:-2] + ',"meals":7}}'
    alone = read_batch({"content-type": BATCH}, f"[{twice}]".encode())
    beside = read_batch({"content-type": BATCH}, f"[{twice},{{}}]".encode())
    assert alone[0] == beside[0]


@pytest.mark.parametrize("oddity", ["NaN", "1e999", "9" * 300, '"\\u0000"', '{"a": [1, {"b": null}]}'])
def test_an_odd_extension_attribute_beside_a_bad_item_does_no_harm(oddity: str) -> None:
    odd = json.dumps(event(0))[:-1] + f',"extension":{oddity}}}'
    good, bad = read_batch({"content-type": BATCH}, f"[{odd},{{}}]".encode())
    assert good == _read(event(0), STRUCTURED)
    assert isinstance(bad, Refusal)


def test_a_batch_over_the_limit_says_the_limit() -> None:
    with pytest.raises(BatchTooLarge) as caught:
        read_batch({"content-type": BATCH}, json.dumps([event(0)] * 1001).encode())
    assert caught.value.extra == {"limit": 1000}


def test_each_route_reads_its_own_media_types() -> None:
    with pytest.raises(NotCloudEvents):
        read_batch({"content-type": PLAIN}, b"[]")
    with pytest.raises(NotCloudEvents):
        read_one({"content-type": BATCH}, b"[]")


def test_an_envelope_carries_no_identity_inside_its_data() -> None:
    inside = event() | {"data": data() | {"vendor_id": str(VENDOR_A)}}
    assert _pointers(inside, STRUCTURED) == ["/data/vendor_id"]


def test_without_a_method_the_other_faults_are_named_as_well() -> None:
    """A vendor mends all at once, not one answer at a time."""
    with pytest.raises(Problem) as refused:
        read_one({}, b'{"method": "telepathy", "sequence": 0, "meals": "2"}')
    places = [error.pointer for error in refused.value.errors]
    assert places[0] == "/method"
    assert {"/sequence", "/meals", "/vendor_id", "/event_id", "/senior_id", "/ended_at"} <= set(places)


@pytest.mark.parametrize("each", [{"method": "card"}, {"method": "manual"}, {}])
@pytest.mark.parametrize(("items", "keys"), [(1, 99_000), (100, 980), (990, 96)])
def test_a_batch_of_unknown_keys_takes_a_bounded_time(items: int, keys: int, each: dict[str, str]) -> None:
    hostile = each | {f"k{key}": key for key in range(keys)}
    body = json.dumps([event() | {"data": hostile}] * items).encode()
    begun = time.process_time()
    try:
        found = read_batch({"content-type": BATCH}, body)
    except NotADelivery:
        found = []
    assert time.process_time() - begun < 2
    assert all(isinstance(item, Refusal) and len(item.problem.errors) <= 50 for item in found)


def test_of_hardly_an_event_it_is_told_that_and_the_others_are_read() -> None:
    hostile = event() | {"data": {"method": "card"} | {f"k{key}": key for key in range(120_000)}}
    good, bad = read_batch({"content-type": BATCH}, json.dumps([event(), hostile]).encode())
    assert good == _read(event(), STRUCTURED)
    assert isinstance(bad, Refusal)
    assert (bad.event_id, bad.problem.status) == ("e-0", 422)
    foreign = event() | {"data": data() | {f"k{key}": key for key in range(19)}}
    assert len(read_batch({"content-type": BATCH}, json.dumps([foreign] * 1000).encode())) == 1000


DEEP = '{"a":' * 5_000 + "1" + "}" * 5_000
ODD_ITEMS = {
    "half an emoji": json.dumps(event(1)).replace("pos-1", "\\ud83d"),
    "the other half": json.dumps(event(1)).replace("pos-1", "\\ude00"),
    "half an emoji in a key": json.dumps(event(1))[:-1] + ', "\\ud83d": 1}',
    "half an emoji in an extension": json.dumps(event(1))[:-1] + ', "x": "\\ud83d"}',
    "an escape cut short": json.dumps(event(1)).replace("pos-1", "\\u12"),
    "an escape that is none": json.dumps(event(1)).replace("pos-1", "\\x"),
    "not UTF-8": json.dumps(event(1)).replace("pos-1", "\udcff"),
    "a control character": json.dumps(event(1)).replace("pos-1", "a\nb"),
    "nested": json.dumps(event(1)).replace('"pos-1"', DEEP),
    "nested lists": "[" * 100_000 + "]" * 100_000,
    "nested extension": json.dumps(event(1))[:-1] + f', "x": {DEEP}}}',
    "wide": json.dumps(event(1))[:-1] + f', "data": [{"0," * 200_000}0]}}',
    "a word": "nonsense",
    "NaN": "NaN",
    "a number": "7" * 5_000,
    "a comma inside": '{"id": "a,b", }',
    "no colon": '{"id" 1}',
    "a text with brackets": '"]}[{\\" , "',
    "brackets that do not match": '{"id": [}]',
    "a comment": "{} // {}",
}


@pytest.mark.parametrize("name", ODD_ITEMS)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_item_that_cannot_be_read_harms_no_other(name: str, place: int) -> None:
    """Wherever it stands; the others are read as they would be without it."""
    items = [json.dumps(event(0), ensure_ascii=False), json.dumps(event(2)) + " \n"]
    items.insert(place, ODD_ITEMS[name])
    read = read_batch({"content-type": BATCH}, f" [{' , '.join(items)}]\n".encode(errors="surrogateescape"))
    assert len(read) == 3
    odd = read.pop(place)
    assert read == [_read(event(0), STRUCTURED), _read(event(2), STRUCTURED)]
    assert isinstance(odd, Refusal)
    assert odd.problem.status in {400, 422}
    json.dumps(odd.problem.body("zh"), ensure_ascii=False).encode()
    assert odd.event_id is None or odd.event_id.isprintable()


def test_the_id_of_an_item_with_half_a_character_is_told() -> None:
    _, odd = read_batch({"content-type": BATCH}, f"[{json.dumps(event(0))},{ODD_ITEMS['half an emoji']}]".encode())
    assert odd.event_id == "e-1"


@pytest.mark.parametrize(
    "body",
    ["[{},]", "[,{}]", "[{},,{}]", "[{}", "{}]", "[{}]]", '[{"a": "]', "[{]", '[{}, "a]', "[{}] {}", "[{}}, {}]"],
)
def test_what_is_no_list_of_items_is_refused_whole(body: str) -> None:
    with pytest.raises(Malformed):
        read_batch({"content-type": BATCH}, body.encode())


@pytest.mark.parametrize("unit", [b"[],", b'"",', b"{},", b"1,", b"[[[],{}],[]],", b'"\\"",', b"[", b'{"a":'])
def test_taking_a_hostile_batch_apart_takes_a_bounded_time(unit: bytes) -> None:
    for body in (b"[" + unit * (4_000_000 // len(unit)) + b"1]", b"[[" + unit * (4_000_000 // len(unit)) + b"1]]"):
        begun = time.process_time()
        with suppress(Problem):
            read_batch({"content-type": BATCH}, body)
        assert time.process_time() - begun < 2

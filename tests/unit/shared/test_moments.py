"""A moment in a request is RFC 3339 text, and nothing that could be a count of seconds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from services.subsidy.determinations.schemas import DeterminationIn
from services.visits.deliveries.reading import BATCH, STRUCTURED, Refusal, read_one
from services.visits.errors import NotADelivery
from shared.dates import IsoMoment
from shared.events.envelope import from_headers
from tests.support.visits import SENIORS, data, event, read_batch

NONE = [
    "1760000000", "1760000000000", "1760000000.5", "-1", "0", "20261009", "20261009T112500Z", "2026-10-09",
    "2026-10-09T11:25:00", "2026-10-09T11:25Z", "2026-10-09 11:25:00Z", "2026-W41-5T11:25:00Z", "2026-10-09T11:25:00 Z",
    "2026-10-09T11:25:00+0800", "2026-10-09T11:25:00+08", "２０26-10-09T11:25:00Z", "20٢٦-10-09T11:25:00Z",
    "2026-10-09T11:25:00Z\n", " 2026-10-09T11:25:00Z", "2026-10-09T25:25:00Z", "2026-02-30T11:25:00Z", "", "now",
    1760000000, 1760000000.5, True, ["2026-10-09T11:25:00Z"],
]  # fmt: skip
GOOD = ["2026-10-09T11:25:00+08:00", "2026-10-09T03:25:00Z", "2026-10-09t03:25:00.000z", "2026-10-08T22:55:00.0-04:30"]


@pytest.mark.parametrize("text", NONE, ids=ascii)
def test_what_is_no_moment_is_refused_everywhere(text: Any) -> None:
    for read, given in (
        (TypeAdapter(IsoMoment).validate_python, text),
        (TypeAdapter(IsoMoment).validate_json, json.dumps(text)),
    ):
        with pytest.raises(ValidationError):
            read(given)
    for field in ("started_at", "ended_at", "device_time"):
        with pytest.raises(NotADelivery) as caught:
            read_one({"content-type": STRUCTURED}, json.dumps(event(**{field: text})).encode())
        assert caught.value.errors[0].pointer == f"/data/{field}"
    asked = {"programme": "a", "month": "2026-10", "senior_id": str(SENIORS[0]), "known_at": text}
    with pytest.raises(ValidationError):
        DeterminationIn.model_validate_json(json.dumps(asked))
    [item] = read_batch({"content-type": BATCH}, json.dumps([event() | {"time": text}]).encode())
    assert isinstance(item, Refusal)


@pytest.mark.parametrize("text", [text for text in NONE if isinstance(text, str)], ids=ascii)
def test_an_event_s_time_is_read_as_all_others_are(text: str) -> None:
    """What is no moment of RFC 3339 counts as not told: the broker's own time stands for it."""
    message = from_headers("visits.services", "0/1", None, [("ce_time", text.encode())], b"{}", stored_ms=1000)
    assert message.time == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", GOOD)
def test_every_spelling_of_the_standard_is_an_event_s_time(text: str) -> None:
    message = from_headers("visits.services", "0/1", None, [("ce_time", text.encode())], b"{}", stored_ms=1000)
    assert (message.time, message.time.tzinfo) == (datetime(2026, 10, 9, 3, 25, tzinfo=UTC), UTC)


@pytest.mark.parametrize("text", GOOD)
def test_every_spelling_of_the_standard_is_read(text: str) -> None:
    moment = datetime(2026, 10, 9, 3, 25, tzinfo=UTC)
    assert TypeAdapter(IsoMoment).validate_python(text) == TypeAdapter(IsoMoment).validate_python(moment) == moment


def _binary(kind: str = "application/json", **changes: str) -> Any:
    headers = {f"ce-{key}": value for key, value in event().items() if key not in {"data", "datacontenttype"}}
    return read_one({"content-type": kind} | headers | changes, json.dumps(data()).encode())


@pytest.mark.parametrize("id_", ["e-0", '"e-0"', '"e\\-0"', "%65-0", '"%65-0"'])
def test_an_id_is_the_same_however_its_header_is_written(id_: str) -> None:
    quoted = {f"ce-{name}": f'"{event()[name]}"' for name in ("type", "source", "specversion")}
    assert _binary(**{"ce-id": id_}) == _binary(**{"ce-id": id_}, **quoted) == _binary()


@pytest.mark.parametrize(
    "kind",
    ["Application/JSON", "text/json", "application/vnd.kitchen+json", "TEXT/x+JSON; charset=utf-8"],
)
def test_every_media_type_of_json_is_one(kind: str) -> None:
    assert _binary(kind) == _binary()
    assert read_one({"content-type": STRUCTURED}, json.dumps(event() | {"datacontenttype": kind}).encode()) == _binary()


@pytest.mark.parametrize("kind", ["application/jsonx", "json", "application/x-json", "text/json/x", "application/xml"])
def test_what_is_no_json_is_none(kind: str) -> None:
    with pytest.raises(NotADelivery):
        read_one({"content-type": STRUCTURED}, json.dumps(event() | {"datacontenttype": kind}).encode())

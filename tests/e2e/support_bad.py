"""Everything bad that a client can send, by name: who sends what where, and the refusal that it must get."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from deploy.demo import clients
from deploy.demo.people import identity_number
from shared.clock import today
from tests.e2e.support_district import GAOGANG, HAILING, Traces

JSON, CSV = "application/json", "text/csv"
STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
EVENT_TYPE = "cn.anxiang.meal-delivery.recorded.v1"
VENDOR_A, VENDOR_B = (str(clients.load()[name].organization) for name in ("vendor-a", "vendor-b"))
CLERK, VENDOR, LOCAL_VENDOR = "clerk-321202", "vendor-a", "a vendor of one district"
SENIORS, DELIVERIES = "/registry/v1/seniors", "/visits/v1/deliveries"
NUMBER = identity_number("321299", today().replace(year=1941, month=3, day=5), 7)


@dataclass(frozen=True)
class Bad:
    """A request and its refusal: the code of an error at ``pointer``, or else of the problem itself."""

    name: str
    client: str
    path: str
    body: object
    status: int
    code: str
    pointer: str = ""
    kind: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def changed(body: dict[str, Any], pointer: str, value: object) -> dict[str, Any]:
    """A copy of a good body with one value put in its place."""
    whole: dict[str, Any] = copy.deepcopy(body)
    inner: Any = whole
    *way, last = pointer.strip("/").split("/")
    for step in way:
        inner = inner[int(step) if step.isdigit() else step]
    inner[last] = value
    return whole


def senior() -> dict[str, Any]:
    """A good senior whom nobody has registered."""
    return {
        "name": "张建国",
        "identity_number": NUMBER,
        "region": HAILING,
        "resident_since": "2020-01-01",
        "phone": "13800005678",
        "address": {"text": "鼓楼路1号", "latitude": 32.49, "longitude": 119.91, "datum": "GCJ-02"},
        "bank_account": {"bank": "泰州农村商业银行", "account": "6222020000001234567"},
        "circumstances": [{"kind": "living_alone", "value": "yes", "valid_from": "2024-06-01", "source": "核实"}],
        "source": "社区入户核实",
    }


def delivery(here: Traces) -> dict[str, Any]:
    """A good delivery of vendor A that nobody has posted."""
    return here.delivery(vendor_id=VENDOR_A, event_id="bad-input")


def event(body: dict[str, Any]) -> dict[str, Any]:
    """The same as a CloudEvent."""
    data = {name: value for name, value in body.items() if name not in {"vendor_id", "event_id"}}
    source = f"urn:uuid:{body['vendor_id']}"
    return {"specversion": "1.0", "type": EVENT_TYPE, "source": source, "id": body["event_id"], "data": data}


def wrong_digit(number: str) -> str:
    """The number with another check digit."""
    return number[:-1] + ("0" if number[-1] != "0" else "1")


def of_seniors(here: Traces, there: Traces) -> Iterator[Bad]:
    """One thing wrong with a senior."""
    for name, pointer, value, code in (
        ("an unknown field", "/favourite_colour", "red", "extra_forbidden"),
        ("an unknown field inside", "/address/floor", 3, "extra_forbidden"),
        ("a number for a text", "/name", 5, "string_type"),
        ("a text for an object", "/address", "鼓楼路", "model_attributes_type"),
        ("an object for a list", "/circumstances", {}, "list_type"),
        ("a text for a coordinate", "/address/latitude", "32.49", "float_type"),
        ("the 30th of February", "/resident_since", "2026-02-30", "date_from_datetime_parsing"),
        ("a month without a day", "/resident_since", "2026-02", "date_parsing"),
        ("seconds for a date", "/resident_since", "1609459200", "date_parsing"),
        ("a date before all registers", "/resident_since", "0001-01-01", "value_error"),
        ("a future date", "/resident_since", (today() + timedelta(days=2)).isoformat(), "date"),
        ("a name too long", "/name", "张" * 51, "string_too_long"),
        ("a source too long", "/source", "源" * 101, "string_too_long"),
        ("an empty name", "/name", "  ", "string_too_short"),
        ("NUL in a name", "/name", "张\0三", "value_error"),
        ("NUL in a source", "/source", "\0", "value_error"),
        ("half a surrogate pair", "/name", "张\ud800", "string_unicode"),
        ("an unknown datum", "/address/datum", "Xian-80", "literal_error"),
        ("no datum", "/address", {"text": "鼓楼路", "latitude": 32.4, "longitude": 119.9}, "value_error"),
        ("a place beyond the pole", "/address/latitude", 91, "less_than_equal"),
        ("a bad check digit", "/identity_number", wrong_digit(NUMBER), "check_digit"),
        ("a number too short", "/identity_number", "3212021941", "string_too_short"),
        ("a region of eleven digits", "/region", "32120200000", "string_pattern_mismatch"),
        ("a region that does not exist", "/region", "329999000000", "region"),
        ("a circumstance that is none", "/circumstances/0/kind", "rich", "literal_error"),
    ):
        yield Bad(name, CLERK, SENIORS, changed(senior(), pointer, value), 422, code, pointer)
    yield Bad("another district", CLERK, SENIORS, changed(senior(), "/region", GAOGANG), 403, "outside-region")
    known = changed(senior(), "/identity_number", there.numbers[0])
    yield Bad("a number registered elsewhere", CLERK, SENIORS, known, 409, "senior-known")
    yield Bad("a list for the body", CLERK, SENIORS, [], 422, "invalid")
    yield Bad("no JSON", CLERK, SENIORS, b'{"name": ', 400, "malformed")
    yield Bad("JSON nested without end", CLERK, SENIORS, b"[" * 100_000, 400, "malformed")
    yield Bad("not a number", CLERK, SENIORS, b'{"name": NaN}', 422, "string_type", "/name")
    path = f"{SENIORS}/{here.ids['senior_id']}"
    yield Bad("no If-Match", CLERK, path, {"phone": "13900001234"}, 428, "if-match-required", method="PATCH")
    stale = {"if-match": '"99999"'}
    yield Bad("a stale If-Match", CLERK, path, {"phone": "13900001234"}, 412, "stale", headers=stale, method="PATCH")


def of_registry(here: Traces, there: Traces) -> Iterator[Bad]:
    """Organisations, admissions, deaths, assessments."""
    path = "/registry/v1/organizations"
    home = {"region": HAILING, "kind": "institution", "name": "试验", "social_credit_code": "52321299DEM999990X"}
    yield Bad("a bad credit code", CLERK, path, home, 422, "organization_check", "/social_credit_code")
    vendor = changed(home | {"kind": "meal_vendor"}, "/beds", {"nursing": 1})
    yield Bad("beds of a vendor", CLERK, path, vendor, 422, "value_error")
    beds = changed(home, "/beds", {"nursing": -1})
    yield Bad("fewer than no beds", CLERK, path, beds, 422, "greater_than_equal", "/beds/nursing")
    stay = {"senior_id": here.ids["held_id"], "institution_id": here.ids["home_id"], "source": "入住合同"}
    stay |= {"admitted_on": "2026-01-01", "care_level": "disabled"}
    path = "/registry/v1/admissions"
    yield Bad("an unknown care level", CLERK, path, stay | {"care_level": "fine"}, 422, "enum", "/care_level")
    feb = stay | {"admitted_on": "2026-02-30"}
    yield Bad("an impossible day", CLERK, path, feb, 422, "date_from_datetime_parsing", "/admitted_on")
    foreign = stay | {"senior_id": there.ids["senior_id"]}
    yield Bad("another district's senior", CLERK, path, foreign, 404, "senior-not-found")
    vendor = stay | {"institution_id": here.ids["organization_id"]}
    yield Bad("a vendor for a home", CLERK, path, vendor, 409, "wrong-kind")
    path = f"{SENIORS}/{here.ids['held_id']}/death"
    death = {"died_on": (today() + timedelta(days=1)).isoformat(), "reported_on": today().isoformat(), "source": "试"}
    yield Bad("a death tomorrow", CLERK, path, death, 422, "date", "/died_on")
    path = f"{SENIORS}/{here.ids['held_id']}/reveal"
    yield Bad("no purpose", CLERK, path, {"fields": ["phone"], "purpose": "嗯"}, 422, "string_too_short", "/purpose")
    path = f"{SENIORS}/search"
    yield Bad("no search", CLERK, path, {}, 422, "value_error")
    yield Bad("a cursor of nobody", CLERK, path, {"name": "张", "cursor": "AAAA"}, 422, "cursor", "/query/cursor")


def of_deliveries(here: Traces, there: Traces) -> Iterator[Bad]:
    """One thing wrong with a delivery, as plain JSON."""
    soon = today() + timedelta(days=2)
    good = delivery(here)
    for name, pointer, value, code in (
        ("an unknown field", "/tip", 5, "extra_forbidden"),
        ("a text for a number", "/meals", "1", "int_type"),
        ("a fraction", "/meals", 1.5, "int_from_float"),
        ("no meal", "/meals", 0, "greater_than_equal"),
        ("an endless number", "/sequence", 10**30, "less_than_equal"),
        ("an impossible day", "/ended_at", "2026-02-30T11:00:00+08:00", "datetime_from_date_parsing"),
        ("a time without offset", "/ended_at", "2026-10-09T11:00:00", "timezone_aware"),
        ("a number for a time", "/ended_at", 1790000000, "datetime_parsing"),
        ("the year 9999", "/ended_at", "9999-12-31T23:59:59-12:00", "less_than"),
        ("a delivery in the future", "/ended_at", f"{soon}T11:30:00+08:00", "future"),
        (
            "an end before the beginning",
            "/ended_at",
            f"{today() - timedelta(days=3)}T11:00:00+08:00",
            "ends_before_start",
        ),
        ("a delivery of long ago", "/started_at", "2020-01-01T11:00:00+08:00", "too_old"),
        ("an unknown datum", "/place/datum", "GCJ-03", "literal_error"),
        ("a place off the globe", "/place/longitude", 181, "less_than_equal"),
        ("a note too long", "/note", "长" * 201, "string_too_long"),
        ("NUL in a note", "/note", "a\0b", "value_error"),
        ("a space in an event id", "/event_id", "a b", "string_pattern_mismatch"),
        ("an event id too long", "/event_id", "e" * 65, "string_too_long"),
        ("a senior who is no UUID", "/senior_id", "somebody", "uuid_parsing"),
        ("a method that is none", "/method", "telepathy", "union_tag_invalid"),
        ("a witness for a card", "/witness_ref", "w-1", "extra_forbidden"),
        ("a correction without a reason", "/sequence", 2, "missing"),
    ):
        where = "/correction_reason" if code == "missing" else pointer
        yield Bad(name, VENDOR, DELIVERIES, changed(good, pointer, value), 422, code, where)
    yield Bad("another vendor's organisation", VENDOR, DELIVERIES, good | {"vendor_id": VENDOR_B}, 403, "other-vendor")
    nobody = good | {"senior_id": "01980000-0000-7000-8000-00000000dead"}
    yield Bad("a senior of nobody", VENDOR, DELIVERIES, nobody, 404, "senior-not-found")
    foreign = good | {"senior_id": there.ids["senior_id"]}
    yield Bad("another district's senior", LOCAL_VENDOR, DELIVERIES, foreign, 404, "senior-not-found")
    yield Bad("a clerk's delivery", CLERK, DELIVERIES, good, 403, "forbidden")
    yield Bad("text", VENDOR, DELIVERIES, b"lunch", 415, "media-type", kind="text/plain")
    yield Bad("no JSON", VENDOR, DELIVERIES, b"lunch", 400, "malformed")
    key = {"idempotency-key": "k" * 201}
    yield Bad("a key too long", VENDOR, DELIVERIES, good, 400, "malformed", headers=key)


def of_events(here: Traces, there: Traces) -> Iterator[Bad]:
    """One thing wrong with a CloudEvent or with a whole batch."""
    good = event(delivery(here))
    for name, pointer, value, code in (
        ("another version", "/specversion", "0.3", "literal_error"),
        ("another type", "/type", "cn.anxiang.bath.v1", "literal_error"),
        ("a source that is no vendor", "/source", "https://vendor.example", "string_pattern_mismatch"),
        ("data that is no object", "/data", [], "dict_type"),
        ("an unknown field", "/data/tip", 5, "extra_forbidden"),
        ("a wrong datum", "/data/place/datum", "CGCS2000", "literal_error"),
    ):
        yield Bad(name, VENDOR, DELIVERIES, changed(good, pointer, value), 422, code, pointer, kind=STRUCTURED)
    binary = {"ce-specversion": "1.0", "ce-type": "other", "ce-source": good["source"], "ce-id": "x"}
    yield Bad(
        "a binary event of another type",
        VENDOR,
        DELIVERIES,
        good["data"],
        422,
        "literal_error",
        "/type",
        headers=binary,
    )
    del binary["ce-id"]
    yield Bad("a binary event without an id", VENDOR, DELIVERIES, good["data"], 422, "missing", "/id", headers=binary)
    path = f"{DELIVERIES}/batch"
    many = [changed(good, "/id", f"many-{number}") for number in range(1001)]
    yield Bad("1,001 events", VENDOR, path, many, 413, "batch-too-large", kind=BATCH)
    yield Bad("an object for a batch", VENDOR, path, good, 422, "list_type", kind=BATCH)
    yield Bad("a batch of plain JSON", VENDOR, path, [good], 415, "media-type")
    yield Bad("half a batch", VENDOR, path, b'[{"id": "x"}, ', 400, "malformed", kind=BATCH)


def of_files(here: Traces, there: Traces) -> Iterator[Bad]:
    """Files that are not the published CSV at all."""
    path = "/registry/v1/imports"
    yield Bad("no header", CLERK, path, b"hello,world\n1,2\n", 422, "unreadable-file", kind=CSV)
    yield Bad("nothing", CLERK, path, b"", 422, "unreadable-file", kind=CSV)
    yield Bad("UTF-16", CLERK, path, "姓名,身份证号,区划代码\n".encode("utf-16"), 422, "unreadable-file", kind=CSV)
    yield Bad("NUL bytes", CLERK, path, b"\0" * 5000, 422, "unreadable-file", kind=CSV)
    yield Bad(
        "a spreadsheet", CLERK, path, b"PK\x03\x04" + bytes(range(256)) * 20, 415, "media-type", kind="application/zip"
    )
    form = "multipart/form-data; boundary=x"
    yield Bad(
        "a form without a file",
        CLERK,
        path,
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
        422,
        "missing",
        "/file",
        kind=form,
    )
    yield Bad("half a form", CLERK, path, b"--x\r\nContent-Disp", 422, "unreadable-file", kind=form)

"""Bad input through HTTP: a clear problem in Chinese and in English, nothing changed, nothing lost, never a 500."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from deploy.demo.story import COLUMNS, sheet
from deploy.migrations.run import SERVICES
from shared.errors import PROBLEM_JSON
from tests.e2e.support_bad import (
    BATCH,
    CLERK,
    CSV,
    DELIVERIES,
    EVENT_TYPE,
    LOCAL_VENDOR,
    SENIORS,
    VENDOR,
    VENDOR_A,
    Bad,
    changed,
    delivery,
    event,
    of_deliveries,
    of_events,
    of_files,
    of_registry,
    of_seniors,
    senior,
)
from tests.e2e.support_bad_money import of_credit, of_money
from tests.e2e.support_district import VENDOR_SCOPES, Traces
from tests.e2e.support_system import MONTH, System, eventually, said

CHINESE = re.compile("[\u4e00-\u9fff]")
MEBIBYTE = 1024 * 1024
GROUPS = (of_seniors, of_registry, of_deliveries, of_events, of_money, of_credit, of_files)
Group = Callable[[Traces, Traces], Iterator[Bad]]


@pytest.fixture(scope="module")
def people(system: System) -> Iterator[dict[str, httpx.Client]]:
    """Whoever sends something, by name."""
    local = system.token(VENDOR_SCOPES, ["321202"], client="local-vendor", organization=VENDOR_A)
    clients = {name: system.demo(name) for name in (CLERK, VENDOR)} | {LOCAL_VENDOR: system.client(local)}
    yield clients
    for client in clients.values():
        client.close()


@pytest.fixture
def unchanged(system: System, hailing: Traces) -> Iterator[None]:
    """Everything that could have changed is the same before and after, to the letter."""
    before = _everything(system, hailing)
    yield
    assert _everything(system, hailing) == before


def _everything(system: System, here: Traces) -> dict[str, Any]:
    ids = here.ids
    paths = [
        "/registry/v1/seniors/counts",
        f"/registry/v1/seniors/{ids['senior_id']}",
        f"/registry/v1/seniors/{ids['held_id']}",
        *(f"/registry/v1/{name}?limit=200" for name in ("organizations", "admissions", "imports")),
        f"/visits/v1/deliveries?senior_id={ids['senior_id']}",
        f"/visits/v1/statements?month={MONTH}",
        "/subsidy/v1/runs?limit=200",
        "/subsidy/v1/holds?limit=200",
        f"/subsidy/v1/payment-batches/{ids['batch_id']}/items?limit=200",
        f"/subsidy/v1/recoveries/{ids['recovery_id']}",
        *(f"/credit/v1/{name}?limit=200" for name in ("records", "lists", "leads")),
    ]
    with system.client(system.token(system.scopes, ["3212"])) as reader:
        for service in SERVICES:  # each refusal leaves an entry, so the logs alone have grown
            assert reader.get(f"/{service}/v1/audit/verification").json()["unbroken"], service
        return {path: said(reader.get(path)) for path in paths}


def _complaints(bad: Bad, http: httpx.Client) -> Iterator[str]:
    """What is wrong with the refusal of a bad request, in both languages."""
    titles = []
    for language in ("zh-CN", "en"):
        headers = {"content-type": bad.kind, "accept-language": language} | bad.headers
        answer = http.request(bad.method, bad.path, content=bad.content, headers=headers)
        wrong = refusal(answer, bad.status, bad.code, bad.pointer, language)
        if wrong:
            yield f"{bad.name} ({language}): {wrong}; answered {answer.status_code} {answer.text[:500]}"
        titles.append(answer.json().get("title") if answer.headers["content-type"] == PROBLEM_JSON else "")
    if titles[0] == titles[1]:
        yield f"{bad.name}: the same title in both languages: {titles[0]}"


def refusal(answer: httpx.Response, status: int, code: str, pointer: str = "", language: str = "zh-CN") -> str:
    """What is wrong with a refusal; empty when it is as it should be."""
    if answer.status_code != status:
        return f"expected {status}"
    if answer.headers["content-type"] != PROBLEM_JSON:
        return "no problem+json"
    body = answer.json()
    if body["status"] != status or not body["detail"]:
        return "an incomplete problem"
    texts = [body["title"], body["detail"], *(error["message"] for error in body.get("errors", []))]
    if any(bool(CHINESE.search(text)) != (language == "zh-CN") for text in texts):
        return "a text in the other language"
    found = [(error["pointer"], error["code"]) for error in body.get("errors", [])]
    if pointer:
        return "" if (pointer, code) in found else f"expected {code} at {pointer}, found {found}"
    slug = body["type"].rpartition("/")[2]
    return "" if code in {slug, *(each for _, each in found)} else f"expected {code}"


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_bad_input_is_refused_by_name_in_both_languages_and_changes_nothing(
    group: Group, people: dict[str, httpx.Client], hailing: Traces, gaogang: Traces, unchanged: None
) -> None:
    complaints = [c for bad in group(hailing, gaogang) for c in _complaints(bad, people[bad.client])]
    assert "\n".join(complaints) == ""


def test_a_token_that_is_not_ours_opens_nothing(system: System, unchanged: None) -> None:
    good = system.token(system.scopes, ["3212"])
    claims = jwt.decode(good, options={"verify_signature": False})
    head = {"kid": system.issuer.kid}
    tokens = {
        "none": None,
        "expired": system.token(system.scopes, ["3212"], exp=claims["iat"] - 3600),
        "unsigned": jwt.encode(claims, "", algorithm="none", headers=head),
        "signed with a word": jwt.encode(claims, "a word that everybody could know.", algorithm="HS256", headers=head),
        "of another audience": system.token(system.scopes, ["3212"], aud="elsewhere"),
        "of another issuer": system.token(system.scopes, ["3212"], iss="https://elsewhere.example"),
        "cut": good[:-9],
        "no token at all": "hello",
    }
    for name, token in tokens.items():
        with system.client(token) as http:
            for language in ("zh-CN", "en"):
                headers = {"accept-language": language}
                reads = http.get(SENIORS, headers=headers)
                if name == "of another audience" and reads.status_code == 403:  # the gateway's word for it
                    assert refusal(reads, 403, "forbidden", language=language) == ""
                    continue
                assert refusal(reads, 401, "unauthorized", language=language) == "", f"{name}: {reads.text}"
                writes = http.post(SENIORS, json=senior(), headers=headers)
                assert refusal(writes, 401, "unauthorized", language=language) == "", f"{name}: {writes.text}"
                assert writes.headers["www-authenticate"].startswith("Bearer")


def test_a_query_that_makes_no_sense_is_named(people: dict[str, httpx.Client], hailing: Traces) -> None:
    for path, code in (
        (f"{SENIORS}?limit=0", "greater_than_equal"),
        (f"{SENIORS}?limit=201", "less_than_equal"),
        (f"{SENIORS}?limit=many", "number"),
        (f"{SENIORS}?cursor=nonsense", "cursor"),
        (f"{SENIORS}?cursor=WyJcdTAwMDAiLCJcdTAwMDAiXQ", "cursor"),
        (f"{SENIORS}?region=%00", "string_pattern_mismatch"),
        (f"{SENIORS}?status=asleep", "literal_error"),
        (f"{SENIORS}/{hailing.ids['senior_id']}?as_of=2026-02-30", "date_from_datetime_parsing"),
        (f"{SENIORS}/{hailing.ids['senior_id']}?known_at=2026-02-01T00:00:00", "timezone_aware"),
        ("/visits/v1/statements?month=2026-13", "string_pattern_mismatch"),
        ("/visits/v1/statements", "missing"),
        ("/subsidy/v1/runs?month=%F0%9F%8D%9A", "string_pattern_mismatch"),
        ("/credit/v1/lists?on=0", "date_parsing"),
    ):
        answer = people[CLERK].get(path)
        assert refusal(answer, 422, code) == "", f"{path}: {answer.text}"
    for path in (f"{SENIORS}/nobody", "/registry/v1/%F0%9F%8D%9A", f"{SENIORS}/{uuid4()}"):
        answer = people[CLERK].get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM_JSON), path
    wrong = people[CLERK].put(SENIORS, json=senior())
    assert refusal(wrong, 405, "method") == ""
    assert wrong.headers["allow"] == "GET, HEAD, POST"


def _padded(size: int) -> bytes:
    return json.dumps(senior() | {"padding": "x" * size}).encode()


def test_a_body_over_the_published_limit_is_refused_unread(
    people: dict[str, httpx.Client], hailing: Traces, unchanged: None
) -> None:
    limits = said(people[VENDOR].get("/visits/v1/limits"))
    batch = json.dumps([event(delivery(hailing)) | {"padding": "x" * limits["batch_bytes"]}]).encode()
    single = json.dumps(delivery(hailing) | {"padding": "x" * limits["delivery_bytes"]}).encode()
    for who, path, content, kind in (
        (CLERK, SENIORS, _padded(8 * MEBIBYTE), "application/json"),
        (VENDOR, DELIVERIES, single, "application/json"),
        (VENDOR, f"{DELIVERIES}/batch", batch, BATCH),
        (CLERK, "/registry/v1/imports", b"x" * (64 * MEBIBYTE + 1), CSV),
    ):
        headers = {"content-type": kind}
        for body in (content, _in_chunks(content)):  # with its length told, and without
            answer = people[who].post(path, content=body, headers=headers)
            assert refusal(answer, 413, "too-large") == "", f"{path}: {answer.status_code} {answer.text[:200]}"


def _in_chunks(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), MEBIBYTE):
        yield content[start : start + MEBIBYTE]


def test_an_import_over_8_mib_passes_and_every_broken_row_is_named(
    people: dict[str, httpx.Client], hailing: Traces
) -> None:
    good, bad_digit, *_ = (
        sheet(hailing.district, list(hailing.district.people(2, uuid4().int % 10**9)), {1}).decode().splitlines()[1:]
    )
    fields = good.split(",")
    rows = [
        good,
        bad_digit,
        ",".join(["", *fields[1:]]),
        ",".join([*fields[:2], "321203000000", *fields[3:]]),
        ",".join([*fields[:3], "2026-02-30", *fields[4:]]),
        f'"{good}',
        good + ",one,more",
        good.replace(fields[0], fields[0] + "\0"),
        *[good.replace(fields[5], "长" * 900_000)] * 4,
    ]
    content = "\n".join([",".join(COLUMNS), *rows]).encode()
    assert 8 * MEBIBYTE < len(content) < 64 * MEBIBYTE
    clerk = people[CLERK]
    before = said(clerk.get("/registry/v1/seniors/counts"))["total"]
    taken = said(clerk.post("/registry/v1/imports", content=content, headers={"content-type": CSV}), 202)
    path = f"/registry/v1/imports/{taken['import_id']}"
    done = eventually(lambda: clerk.get(path), lambda answer: answer.json()["status"] in {"finished", "failed"}).json()
    assert (done["status"], done["rows_total"], done["rows_done"]) == ("finished", len(rows), 1)
    assert said(clerk.get("/registry/v1/seniors/counts"))["total"] == before + 1
    rejects = clerk.get(f"{path}/rejects")
    assert rejects.headers["content-type"].startswith(CSV)
    named = [tuple(line.split(",")[:3]) for line in rejects.text.removeprefix("\ufeff").splitlines()[1:]]
    assert [(row, code) for row, _, code in named] == [
        ("3", "check_digit"), ("4", "missing"), ("5", "outside"), ("6", "date"), ("7", "quotes"), ("8", "field_count"),
        ("9", "nul"), *((str(row), "too_long") for row in range(10, 14)),
    ]  # fmt: skip
    assert all(CHINESE.search(line) for line in rejects.text.splitlines()[1:])


def _post(http: httpx.Client, message: HTTPMessage) -> httpx.Response:
    return http.post(DELIVERIES, content=message.body, headers=dict(message.headers))


def _official(body: dict[str, Any]) -> CloudEvent:
    envelope = event(body)
    attributes = {name: envelope[name] for name in ("type", "source", "id")} | {"datacontenttype": "application/json"}
    return CloudEvent(attributes, envelope["data"])


def test_the_official_sdk_posts_binary_and_structured_events(people: dict[str, httpx.Client], hailing: Traces) -> None:
    for number, write in enumerate((to_binary_event, to_structured_event)):
        good = _official(hailing.delivery(vendor_id=VENDOR_A))
        receipt = said(_post(people[VENDOR], write(good)), 201)
        assert receipt["event_id"] == good.get_id()
        again = _post(people[VENDOR], write(good))
        assert (again.json(), again.headers["anxiang-replayed"]) == (receipt, "1"), number
        wrong = _official(changed(delivery(hailing), "/place/datum", "GCJ-03"))
        answer = _post(people[VENDOR], write(wrong))
        assert refusal(answer, 422, "literal_error", "/data/place/datum") == "", answer.text
        stolen = _official(delivery(hailing) | {"vendor_id": str(uuid4())})
        assert refusal(_post(people[VENDOR], write(stolen)), 403, "other-vendor") == ""


def test_bad_events_of_a_batch_do_not_harm_good_ones(people: dict[str, httpx.Client], hailing: Traces) -> None:
    good = [event(hailing.delivery(vendor_id=VENDOR_A)) for _ in range(2)]
    stolen = event(hailing.delivery(vendor_id=str(uuid4())))
    bad = [
        changed(event(delivery(hailing)), "/data/meals", 0),
        stolen,
        5,
        {},
        event(delivery(hailing)) | {"type": EVENT_TYPE[1:]},
    ]
    assert str(stolen["source"]) != f"urn:uuid:{VENDOR_A}"
    answer = people[VENDOR].post(f"{DELIVERIES}/batch", json=[good[0], *bad, good[1]], headers={"content-type": BATCH})
    results = said(answer, 200)["results"]
    assert [item["outcome"] for item in results] == ["recorded", *["refused"] * len(bad), "recorded"]
    assert [item["index"] for item in results] == list(range(len(bad) + 2))
    for item in results[1:-1]:
        assert CHINESE.search(item["problem"]["title"])


def test_no_service_met_anything_unexpected(system: System) -> None:
    logs = system.logs()
    assert logs, "a system that is given by its address keeps its log in ANXIANG_DATA_DIR"
    surprises = [
        f"{name}: {line[:500]}" for name, text in logs.items() for line in text.splitlines() if _unexpected(line)
    ]
    assert surprises == []


def _unexpected(line: str) -> bool:
    return "unexpected error" in line or "Traceback (most recent call last)" in line

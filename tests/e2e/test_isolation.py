"""Who may see whose: one of everything in two districts, and strangers who look for it in every way there is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from deploy.demo import clients
from deploy.demo.district import load
from services.embedded import DEFINITIONS
from tests.e2e.support_district import GAOGANG, HAILING, Traces, application
from tests.e2e.support_system import MONTH, Route, System, eventually, pages, required, said


@pytest.fixture(scope="module")
def worlds(gaogang: Traces, hailing: Traces) -> dict[str, Traces]:
    """Both, by region."""
    return {GAOGANG: gaogang, HAILING: hailing}


STRANGERS = [
    (GAOGANG, "clerk-321202"),
    (GAOGANG, "approver-321202"),
    (GAOGANG, "assessor-321202"),
    (GAOGANG, HAILING),
    (HAILING, "clerk-321203"),
    (HAILING, GAOGANG),
]
"""Whose data, and who looks for them: a demo client, or somebody with every right in the other district."""


@pytest.fixture(params=STRANGERS, ids=[f"{owner[:6]} hidden from {who}" for owner, who in STRANGERS])
def case(
    request: pytest.FixtureRequest, system: System, worlds: dict[str, Traces]
) -> Iterator[tuple[Traces, httpx.Client, frozenset[str]]]:
    """A district's traces, a stranger's client and its scopes."""
    owner, who = request.param
    if who in worlds:
        http, scopes = worlds[who].everything(), frozenset(system.scopes)
    else:
        http, scopes = system.demo(who), frozenset(clients.load()[who].scopes)
    with http:
        yield worlds[owner], http, scopes


def _marks(traces: Traces) -> re.Pattern[str]:
    """Every id of a district, and every region code inside it."""
    return re.compile("|".join([*map(re.escape, traces.ids.values()), rf'"{traces.region[:6]}[0-9]{{6}}"']))


def _lists(system: System, scopes: frozenset[str]) -> list[Route]:
    lists = [r for r in system.routes if r.method == "GET" and "{" not in r.path and not r.public]
    return [r for r in lists if r.scopes <= scopes]


def _singles(system: System, scopes: frozenset[str], ids: dict[str, str]) -> list[Route]:
    """Routes about one thing of which the district has one."""
    about = [r for r in system.routes if "{" in r.path and r.scopes <= scopes and not r.public]
    return [r for r in about if set(re.findall(r"\{(\w+)}", r.path)) <= set(ids)]


def _request(route: Route, region: str) -> dict[str, Any]:
    """A body that is valid for a district, and the entity tag of a first version."""
    headers = {"if-match": '"1"'}
    if route.body is None:
        return {"headers": headers}
    kind, example = route.body
    if kind == "multipart/form-data":
        return {"headers": headers, "files": {"file": ("sent.csv", example["file"], "text/csv")}}
    content = example if isinstance(example, str) else json.dumps(example)
    content = re.sub(r'"3212[0-9]{8}"', f'"{region}"', content)
    return {"headers": headers | {"content-type": kind}, "content": content.encode()}


def _other(traces: Traces) -> str:
    return GAOGANG if traces.region == HAILING else HAILING


def test_every_path_parameter_has_a_thing_to_hide(system: System, hailing: Traces) -> None:
    everything = frozenset(system.scopes)
    about_one = [str(route) for route in system.routes if "{" in route.path and not route.public]
    assert [str(route) for route in _singles(system, everything, hailing.ids)] == about_one


def test_the_law_is_the_same_for_everybody(system: System) -> None:
    law = [route for route in system.routes if route.public]
    regional = [route for route in law if re.findall(r"\{(\w+)}", route.path) == ["region"]]
    assert len(regional) > 5
    assert {route.method for route in law} == {"GET"}
    wanted = [route.filled({"region": region[:6]}) for route in regional for region in (HAILING, GAOGANG)]
    wanted += [route.path for route in law if "{" not in route.path and "status" not in route.path]
    readers = ["clerk-321202", "clerk-321203", "vendor-a", "assessor-321202", "operator", "service-registry"]
    texts: dict[str, set[str]] = {}
    for name in readers:
        with system.demo(name) as reader:
            for path in wanted:
                answer = reader.get(path)
                assert answer.status_code == 200, f"{name}: {path} answered {answer.status_code}"
                texts.setdefault(path, set()).add(answer.text)
    assert {path for path, found in texts.items() if len(found) > 1} == set()


def test_lists_hold_nothing_of_another_district(
    system: System, case: tuple[Traces, httpx.Client, frozenset[str]]
) -> None:
    traces, http, scopes = case
    marks, leaks = _marks(traces), []
    for route in _lists(system, scopes):
        params = required(route) | ({"limit": "200"} if "limit" in route.queries else {})
        leaks += [f"{route}: {marks.findall(text)}" for text in pages(http, route.path, **params) if marks.search(text)]
    assert leaks == []


def test_a_filter_for_another_district_finds_nothing(
    system: System, case: tuple[Traces, httpx.Client, frozenset[str]]
) -> None:
    traces, http, scopes = case
    wanted = traces.ids | {"region": traces.region, "parent": traces.region}
    wanted |= {"subject_id": traces.ids["organization_id"], "institution_id": traces.ids["home_id"]}
    wanted["beneficiary_id"] = traces.ids["home_id"]
    for route in _lists(system, scopes):
        for name in route.queries.keys() & wanted.keys():
            found = said(http.get(route.path, params=required(route) | {name: wanted[name]}))
            assert found in ([], {"items": [], "next": None}, {"total": 0, "by_status": {}}), f"{route} by {name}"


def test_nothing_of_another_district_is_found_by_its_id(
    system: System, case: tuple[Traces, httpx.Client, frozenset[str]]
) -> None:
    traces, http, scopes = case
    wrong = []
    for route in _singles(system, scopes, traces.ids):
        answer = http.request(route.method, route.filled(traces.ids), **_request(route, _other(traces)))
        if answer.status_code != 404:
            wrong.append(f"{route} answered {answer.status_code} {answer.text[:300]}")
    assert wrong == []


def test_the_owner_finds_it_all_by_the_same_ids_and_nothing_has_changed(system: System, hailing: Traces) -> None:
    with hailing.everything() as own:
        reads = [r for r in _singles(system, frozenset(system.scopes), hailing.ids) if r.method == "GET"]
        assert len(reads) > 15
        before = {str(route): said_text(own, route, hailing) for route in reads}
        with system.client(system.token(system.scopes, ["321203"])) as stranger:
            for route in _singles(system, frozenset(system.scopes), hailing.ids):
                stranger.request(route.method, route.filled(hailing.ids), **_request(route, GAOGANG))
        assert {str(route): said_text(own, route, hailing) for route in reads} == before


def said_text(http: httpx.Client, route: Route, traces: Traces) -> str:
    """The text of a successful read."""
    answer = http.get(route.filled(traces.ids))
    assert answer.status_code == 200, f"{route} answered {answer.status_code}"
    return answer.text


def test_searches_and_counts_stop_at_the_border(case: tuple[Traces, httpx.Client, frozenset[str]]) -> None:
    traces, http, scopes = case
    for number in traces.numbers[:3]:
        assert said(http.post("/registry/v1/seniors/search", json={"identity_number": number}))["items"] == []
    listed = sum(len(json.loads(text)["items"]) for text in pages(http, "/registry/v1/seniors", limit="200"))
    assert said(http.get("/registry/v1/seniors/counts"))["total"] == listed
    if "registry.bank-accounts:read" in scopes:
        whose = [{"kind": "senior", "id": traces.ids[name]} for name in ("senior_id", "held_id")]
        asked = {"beneficiaries": whose, "purpose": "隔离试验"}
        found = said(http.post("/registry/v1/bank-accounts/lookup", json=asked))
        assert found == {"accounts": [], "pending": [], "missing": whose}


def _foreign(traces: Traces) -> list[tuple[str, str, dict[str, Any], int]]:
    """Scope, path, body and status of requests that would reach over the border."""
    ids, subject = traces.ids, {"kind": "organization", "subject_id": traces.ids["organization_id"]}
    code = load().credit_code("52", 99_999)
    due = {"programme": "operating_subsidy", "month": str(traces.month)}
    hold = {"reason": "隔离试验", "subject_kind": "senior", "subject_id": ids["senior_id"]}
    stay = {"senior_id": ids["senior_id"], "institution_id": ids["home_id"], "admitted_on": "2026-01-01"}
    senior = {"name": "张三", "identity_number": "321202194103050025", "region": traces.region, "source": "试验"}
    home = {"region": traces.region, "kind": "assessor", "name": "试验", "social_credit_code": code}
    record = {"subject": subject, "kind": "penalty", "record_class": "general", "facts": "试验", "issuer": "区民政局"}
    record |= {"legal_basis": "试验", "document_no": "试〔2026〕1号", "issued_on": "2026-01-05"}
    case = {"subject": subject, "list_kind": "joint_discipline", "legal_basis": "mca-2019-103"}
    case |= {"ground": "subsidy_fraud", "document_no": "试〔2026〕2号", "facts": "试验"}
    person = {"kind": "person", "subject_id": ids["senior_id"], "name": "张三", "region": traces.region}
    return [
        ("registry.seniors:write", "/registry/v1/seniors", senior, 403),
        ("registry.organizations:write", "/registry/v1/organizations", home, 403),
        ("registry.admissions:write", "/registry/v1/admissions", stay | _CARE, 404),
        ("subsidy.determinations:read", "/subsidy/v1/determinations", due | {"senior_id": ids["senior_id"]}, 404),
        ("subsidy.determinations:read", "/subsidy/v1/determinations", due | {"institution_id": ids["home_id"]}, 404),
        ("subsidy.runs:write", "/subsidy/v1/runs", {"month": MONTH, "region": traces.region}, 403),
        ("subsidy.runs:write", "/subsidy/v1/runs", {"month": MONTH, "region": "321200000000"}, 403),
        ("subsidy.runs:write", "/subsidy/v1/holds", hold, 404),
        ("subsidy.applications:write", "/subsidy/v1/applications", application(ids), 404),
        ("subsidy.simulations:write", "/subsidy/v1/simulations", {"first_month": MONTH, "region": traces.region}, 403),
        ("subsidy.simulations:write", "/subsidy/v1/simulations", {"first_month": MONTH, "region": CITY}, 403),
        ("credit.records:write", "/credit/v1/records", record, 422),
        ("credit.records:write", "/credit/v1/records", record | {"subject": person}, 403),
        ("credit.lists:propose", "/credit/v1/lists", case, 422),
        ("credit.lists:propose", "/credit/v1/lists", case | {"subject": person}, 403),
    ]


CITY = "321200000000"
_CARE = {"care_level": "disabled", "source": "入住合同"}


def test_nothing_is_made_for_another_district(case: tuple[Traces, httpx.Client, frozenset[str]]) -> None:
    traces, http, scopes = case
    for scope, path, body, status in _foreign(traces):
        answer = http.post(path, json=body)
        assert answer.status_code == (status if scope in scopes else 403), f"{path}: {answer.text[:300]}"


def test_an_import_registers_nobody_in_another_district(system: System, gaogang: Traces) -> None:
    row = f"姓名,身份证号,区划代码\n张三,{gaogang.numbers[0]},{GAOGANG}\n"
    with system.demo("clerk-321202") as clerk:
        headers = {"content-type": "text/csv"}
        path = said(clerk.post("/registry/v1/imports", content=row.encode(), headers=headers))["import_id"]
        path = f"/registry/v1/imports/{path}"
        done = eventually(lambda: clerk.get(path), lambda answer: answer.json()["status"] == "finished").json()
        assert (done["rows_done"], done["rows_rejected"]) == (0, 1)
        assert "outside" in clerk.get(f"{path}/rejects").text


def test_a_districts_audit_log_names_nothing_of_another(system: System, worlds: dict[str, Traces]) -> None:
    for owner, other in ((GAOGANG, HAILING), (HAILING, GAOGANG)):
        senior = worlds[owner].ids["senior_id"]
        with worlds[other].everything() as stranger, worlds[owner].everything() as own:
            for service in DEFINITIONS:
                for text in pages(stranger, f"/{service}/v1/audit", limit="200"):
                    for entry in json.loads(text)["items"]:
                        assert entry["region"].startswith(other[:6])
                        named = _marks(worlds[owner]).search(json.dumps(entry))
                        refused = entry["detail"].get("status", 0) >= 400
                        assert (
                            not named or refused or entry["client"] == f"everything-{other[:6]}"
                        )  # what was asked for
            assert senior in "".join(pages(own, "/registry/v1/audit", limit="200"))


def test_the_citys_auditor_sees_both_districts(system: System, worlds: dict[str, Traces]) -> None:
    scopes = frozenset(clients.load()["auditor"].scopes)
    with system.demo("auditor") as auditor:
        texts = {
            route.path: "".join(pages(auditor, route.path, **required(route) | {"limit": "200"}))
            for route in _lists(system, scopes)
            if "limit" in route.queries
        }
        for traces in worlds.values():
            for route in _singles(system, scopes, traces.ids):
                if route.method == "GET":
                    said_text(auditor, route, traces)
            lists = {"seniors": "senior_id", "organizations": "home_id", "admissions": "admission_id"}
            for name, key in lists.items():
                assert traces.ids[key] in texts[f"/registry/v1/{name}"]
            assert traces.ids["import_id"] in texts["/registry/v1/imports"]
            assert traces.ids["delivery_id"] in texts["/visits/v1/deliveries"]
            assert traces.ids["run_id"] in texts["/subsidy/v1/runs"]
            assert traces.ids["hold_id"] in texts["/subsidy/v1/holds"]
            assert traces.ids["application_id"] in texts["/subsidy/v1/applications"]
            assert traces.ids["record_id"] in texts["/credit/v1/records"]
            assert traces.ids["entry_id"] in texts["/credit/v1/lists"]
            assert traces.ids["lead_id"] in texts["/credit/v1/leads"]
            assert traces.ids["senior_id"] in texts["/registry/v1/audit"]

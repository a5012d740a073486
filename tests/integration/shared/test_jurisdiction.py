"""Every region and every subject that a request names, read off the four documents: a clerk of another district and a
name that nobody has change nothing."""

from __future__ import annotations

import copy
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.local.postgres import Server
from deploy.migrations.run import SERVICES
from shared.clock import Month, today
from tests.e2e.support_system import Route
from tests.support.districts import OURS, THEIRS, Districts, Place, places, populate
from tests.support.services import ServiceFactory
from tests.support.visits import event, plain

NOWHERE = ("321203999000", "999999000000", "190000000000")
CHOSEN = {
    "POST /registry/v1/organizations /organization_id",
    "POST /registry/v1/organizations/{organization_id}/contracts /contract_id",
    "POST /subsidy/v1/runs/{run_id}/payment-batches /batch_id",
}
"""A new id that the client makes."""
INSIDE = {
    "POST /subsidy/v1/payment-batches/{batch_id}/confirmations /line_ids/0",
    "POST /subsidy/v1/payment-batches/{batch_id}/findings /line_ids/0",
    "POST /subsidy/v1/recoveries/{recovery_id}/entries /line_id",
}
"""Looked for inside the batch or recovery of the path, which is the caller's own."""
ANSWERED = {
    "POST /registry/v1/bank-accounts/lookup /beneficiaries/0/id",
    "POST /registry/v1/bank-accounts/lookup /beneficiary_ids/0",
}
"""Answered one by one: foreign ones are missing. The look-up leaves an audit entry."""
HERE = "organization"  # kinds in credit
PERSON = {"kind": "person", "name": "张三", "region": OURS}


def deliveries(ours: dict[str, str], name: str) -> Any:  # a body
    """Bodies of deliveries with our own senior and vendor."""
    whose = {"vendor_id": ours["vendor"], "senior_id": ours["senior"]}
    if name == "plain":
        return plain() | whose
    one = event()
    one["source"] = one["source"].replace(plain()["vendor_id"], ours["vendor"])
    one["data"] |= {"senior_id": ours["senior"]}
    return [one] if name == "batch" else one


def bodies(ours: dict[str, str]) -> dict[str, tuple[Any, str]]:
    """Per place that names a subject: a body that is right for our district, and what of theirs to put there."""
    month = str(Month.of(today()))
    stay = {"senior_id": ours["senior"], "institution_id": ours["home"]}
    form = {"organization_id": ours["assessor"], "assessed_on": today().isoformat(), "replaces": ours["assessment"]}
    due = {"programme": "longevity_allowance", "month": month, "senior_id": ours["senior"]}
    listed = {"subject": {"kind": "organization", "subject_id": ours["vendor"]}, "lead_ids": [ours["lead"]]}
    hold = {"subject_kind": "senior", "subject_id": ours["senior"], "reason": "待核实"}
    return {
        "POST /registry/v1/admissions /senior_id": (stay, "senior"),
        "POST /registry/v1/admissions /institution_id": (stay, "home"),
        "POST /registry/v1/seniors/{senior_id}/assessments /replaces": (form, "assessment"),
        "POST /registry/v1/seniors/{senior_id}/assessments /organization_id": (form | {"replaces": None}, "vendor"),
        "POST /subsidy/v1/determinations /senior_id": (due, "senior"),
        "POST /subsidy/v1/determinations /institution_id": (
            due | {"senior_id": None, "programme": "operating_subsidy"},
            "home",
        ),
        "POST /subsidy/v1/holds /subject_id": (hold, "senior"),
        "POST /subsidy/v1/applications /senior_id": ({}, "senior"),
        "POST /subsidy/v1/applications /organization_id": ({"senior_id": None}, "home"),
        "POST /visits/v1/deliveries /senior_id": (deliveries(ours, "plain"), "senior"),
        "POST /visits/v1/deliveries /vendor_id": (deliveries(ours, "plain"), "vendor"),
        "POST /visits/v1/deliveries /data/senior_id": (deliveries(ours, "event"), "senior"),
        "POST /visits/v1/deliveries/batch /0/data/senior_id": (deliveries(ours, "batch"), "senior"),
        "POST /credit/v1/records /subject/subject_id": (listed | {"lead_ids": None}, "vendor"),
        "POST /credit/v1/lists /subject/subject_id": (listed | {"lead_ids": []}, "vendor"),
        "POST /credit/v1/lists /lead_ids/0": (listed, "lead"),
    }


@pytest.fixture
async def districts(start_service: ServiceFactory, postgres: Server, database_name: str) -> Districts:
    """The four services, with the same things in two districts."""
    services = {name: await start_service(name, roles="api") for name in SERVICES}
    return await populate(services, postgres, database_name)


def found(districts: Districts, *, regions: bool) -> list[Place]:
    """All places of the four documents."""
    documents = {name: running.app.openapi() for name, running in districts.services.items()}
    return [one for name, document in documents.items() for one in places(document, name, regions=regions)]


def route_of(districts: Districts, place: Place) -> Route:
    """The operation of a place."""
    document = districts.services[place.service].app.openapi()
    operation = document["paths"][place.path][place.method.lower()]
    return Route(place.service, place.method, place.path, operation, document["components"]["schemas"])


def put(body: Any, at: str, value: Any) -> Any:  # JSON
    """The body with another value at a JSON pointer."""
    body = copy.deepcopy(body)
    *path, last = [int(part) if part.isdecimal() else part for part in at.removeprefix("/").split("/")]
    inner = body
    for part in path:
        inner = inner[part]
    inner[last] = value
    return body


async def call(districts: Districts, place: Place, value: str, body: Any = None) -> httpx.Response:
    """The request of our clerk with a value at a place; what the path names is our own."""
    route, ours = route_of(districts, place), districts.ours
    own = {"senior_id": ours["senior"], "organization_id": ours["vendor"]}
    path = place.path.format_map({name: own.get(name, str(uuid4())) for name in re.findall(r"\{(\w+)}", place.path)})
    vendor = ours["vendor"] if place.service == "visits" and place.method == "POST" else None
    async with districts.clerk(place.service, route.scopes, vendor) as http:
        if place.at.startswith("?"):
            needed = {"month": str(Month.of(today()))} if "month" in route.queries else {}
            return await http.request(place.method, path, params=needed | {place.at[1:]: value})
        assert route.body, place
        kind, example = route.body
        if isinstance(body, list) or kind == "application/cloudevents+json":
            kind = "application/cloudevents-batch+json" if isinstance(body, list) else kind
        whole = body if place.service == "visits" else {**example, **(body or {})}
        whole = {k: v for k, v in whole.items() if v is not None} if isinstance(whole, dict) else whole
        if "/data/" in place.at and not isinstance(whole, list):
            kind = "application/cloudevents+json"
        return await http.request(place.method, path, json=put(whole, place.at, value), headers={"content-type": kind})


def is_about(answer: httpx.Response, at: str) -> bool:
    """Whether the refusal is about the subject: by its own name, or by the place, and not about the rest of a body."""
    if answer.is_success:
        return '"problem":{' in answer.text.replace(" ", "")
    problem = answer.json()
    if problem["type"].endswith("/problems/invalid"):
        return any(at.startswith(error["pointer"]) for error in problem.get("errors", []))
    return answer.status_code in {403, 404, 409, 422}


def sees_nothing(answer: httpx.Response) -> bool:
    """Whether a list or count of what lies elsewhere is empty, or the place is not found."""
    if answer.status_code in {403, 404, 422}:
        return True
    body = answer.json()
    if isinstance(body, list):
        return body == []
    return answer.status_code == 200 and (body.get("items") == [] or body.get("total") == 0)


async def test_no_region_outside_the_callers_or_of_no_table_is_taken_by_any_route(districts: Districts) -> None:
    before = await districts.fingerprint()
    wrong, asked = [], 0
    for place in found(districts, regions=True):
        person = {"subject": PERSON | {"subject_id": districts.ours["senior"]}} if "/subject" in place.at else None
        for region, expected in ((THEIRS, "outside-region"), *((one, "unknown-region") for one in NOWHERE)):
            answer = await call(districts, place, region, person)
            asked += 1
            if place.method == "GET":
                fits = sees_nothing(answer)
            else:
                fits = answer.status_code in {403, 422} and answer.json()["type"].endswith(expected)
            if not fits:
                wrong.append(f"{place} {region}: {answer.status_code} {answer.text[:200]}")
    assert wrong == []
    assert asked > 40
    assert await districts.fingerprint() == before


async def test_no_subject_of_another_district_and_none_that_nobody_has_is_taken_by_any_route(
    districts: Districts,
) -> None:
    known = bodies(districts.ours)
    named = {str(place): place for place in found(districts, regions=False) if place.method != "GET"}
    assert set(named) - CHOSEN - INSIDE - ANSWERED == set(known), "a new route names a subject: give it a body"
    before = await districts.fingerprint()
    wrong = []
    for name, (body, kind) in known.items():
        for value in (districts.theirs[kind], str(uuid4())):
            answer = await call(districts, named[name], value, body)
            if not is_about(answer, named[name].at):
                wrong.append(f"{name} {kind}: {answer.status_code} {answer.text[:300]}")
    assert wrong == []
    assert await districts.fingerprint() == before


async def test_a_filter_by_a_subject_of_another_district_finds_nothing(districts: Districts) -> None:
    filters = [place for place in found(districts, regions=False) if place.at.startswith("?")]
    assert len(filters) >= 12
    ids = [*districts.theirs.values(), str(uuid4())]
    wrong = [
        f"{place} {answer.text[:200]}"
        for place in filters
        for value in ids
        if not sees_nothing(answer := await call(districts, place, value))
    ]
    assert wrong == []


async def test_the_same_requests_are_taken_with_what_is_the_callers_own(districts: Districts) -> None:
    """So that the refusals above are about the district and not about something else in the body."""
    named = {str(place): place for place in found(districts, regions=False)}
    wrong = []
    for name, (body, kind) in bodies(districts.ours).items():
        mine = "assessor" if "/assessments /organization_id" in name else kind
        answer = await call(districts, named[name], districts.ours[mine], body)
        again = answer.status_code == 409 and "already" in answer.json()["type"]  # admitted by the request before
        if not answer.is_success and not again and "applications" not in name:
            wrong.append(f"{name}: {answer.status_code} {answer.text[:300]}")
    assert wrong == []

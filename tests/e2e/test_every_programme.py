"""Every programme of the five cities, from what is registered to a line of a run or to its true reason.

The facts are those of a worked case; whoever applies, lives in a home or is old enough is registered as such. In a
county that decided what the case assumes, its line has the amount that was worked out by hand; in one that decided
nothing, it says what is missing.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import uuid4

import httpx
import pytest

from deploy.demo.deliveries import delivery
from deploy.demo.district import District, load
from deploy.demo.people import identity_number
from deploy.demo.seed import senior_body
from services.registry.assessments.scale import load_scale
from services.subsidy.engine import Packs
from shared.clock import Month, today
from shared.regions import RegionTable
from tests.e2e.support_law import DECIDED, SILENT, Example, examples
from tests.e2e.support_system import Json, System, eventually, pages, said

MONTH = "2026-10"
SINCE = "2021-01-01"
KINDS = {"centre": "community_centre"}
PEOPLE = {"senior", "household"}
TOTALS = {0: 90, 1: 70, 2: 50, 3: 35, 4: 10}
"""A score for every level of GB/T 42195."""
DRAFT = "110000"
CONTRADICTED = ("0.00", "held", "register_contradicts")
DRAFTED = ("0.00", "not_configured", "document_is_draft")
OTHERWISE = {
    DRAFT: dict.fromkeys(("family_care_support", "home_retrofit", "meal_subsidy"), DRAFTED),
    "321200": {"centre_operating_subsidy": CONTRADICTED, "meal_operating_subsidy": CONTRADICTED},
}
"""A draft is no law, whatever a district decides; meals and visits that nobody verified are held, not paid."""
ON_ITS_WAY = {"no_facts", "no_valid_assessment"}
VENDOR_SCOPES = ("visits.deliveries:read", "visits.deliveries:write")
YESTERDAY = today() - timedelta(days=1)


@dataclass
class County:
    """A county's people and homes, one of each for every programme, and what became of them."""

    system: System
    city: str
    county: str
    subjects: dict[str, str] = field(default_factory=dict)
    lines: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.region = RegionTable.load().children(f"{self.county}000000")[0].code
        self.district = District(load().content | {"region": f"{self.county}000000"})
        self.clerk, self.second = self._person("clerk"), self._person("second")
        self.assessor, self.vendor = self._organization("assessor"), self._organization("meal_vendor")

    def _person(self, name: str) -> httpx.Client:
        token = self.system.token(self.system.scopes, [self.county], client=f"{name}-{self.county}")
        return self.system.client(token)

    def settle(self, programmes: list[Example]) -> None:
        """Register, apply, accept, run; ``lines`` has what the run says for each programme's own subject."""
        forms = said(self.clerk.get("/subsidy/v1/application-forms", params={"region": self.region}))
        wanted = {form["programme"]: form for form in forms}
        for example in programmes:
            self._register(example, wanted.get(example.programme))
        for example in programmes:
            self._arrived(example)
        paid = [each for each in programmes if each.worked.pack.programmes[each.programme].form == "cash"]
        for month in sorted({self.month(example) for example in paid}):
            self._run(month, [example.programme for example in paid if self.month(example) == month])

    def _register(self, example: Example, form: Json | None) -> None:
        row, programme = example.worked.rows[0], example.worked.pack.programmes[example.programme]
        asks = set(form["asks_for"]) if form else set()
        home = self._home(example, row) if asks & {"organization_id"} or programme.source == "register_stays" else ""
        senior = (
            self._senior(row) if "senior_id" in asks or programme.beneficiary == "senior" or (home and not form) else ""
        )
        if programme.source == "register_stays":
            stay = {"senior_id": senior, "institution_id": home, "source": "入住合同"}
            said(
                self.clerk.post(
                    "/registry/v1/admissions", json=stay | {"admitted_on": SINCE, "care_level": row["care_level"]}
                )
            )
        if form:
            self._apply(example, form, row, {"senior_id": senior, "organization_id": home})
        if programme.source == "meals":
            self._eat(senior)
        self.subjects[example.programme] = senior or home

    def _senior(self, row: Json) -> str:
        born = row.get("birth_date") or date(1936, 5, 1)
        person = next(iter(self.district.people(1, uuid4().int % 10**9)))
        number = identity_number(self.county, born, len(self.subjects))
        body = senior_body(self.district, person) | {"identity_number": number, "region": self.region}
        body |= {"resident_since": "2015-01-01", "circumstances": []}
        senior = str(said(self.clerk.post("/registry/v1/seniors", json=body))["senior_id"])
        if level := row.get("assessed_level") or (3 if row.get("assessment_valid") or row.get("assessed") else None):
            self._assess(senior, level)
        return senior

    def _assess(self, senior: str, level: int) -> None:
        left, scores = TOTALS[level], {}
        for item in load_scale().items:
            scores[item.code] = min(left, item.maximum)
            left -= scores[item.code]
        asked: Json = {"assessed_on": "2026-01-10", "organization_id": self.assessor, "assessors": ["李评估", "王评估"]}
        asked |= {"occasion": "first", "scores": scores, "findings": {}}
        made = said(self.clerk.post(f"/registry/v1/seniors/{senior}/assessments", json=asked))
        assert made["final_level"] == level

    def _eat(self, senior: str) -> None:
        """A lunch of yesterday, brought by a vendor with a contract."""
        contract = {"service": "meal", "region": f"{self.county}000000", "document_no": "试验1号", "valid_from": SINCE}
        said(self.clerk.post(f"/registry/v1/organizations/{self.vendor}/contracts", json=contract))
        token = self.system.token(VENDOR_SCOPES, [self.county], client="own-vendor", organization=self.vendor)
        meal = delivery(senior, YESTERDAY, 1) | {"vendor_id": self.vendor, "event_id": "lunch"}
        with self.system.client(token) as vendor:
            sent = eventually(
                lambda: vendor.post("/visits/v1/deliveries", json=meal), lambda a: a.status_code not in {403, 404}
            )
        said(sent)  # judged again once the contract has reached the service

    def _home(self, example: Example, row: Json) -> str:
        kind = KINDS.get(example.worked.pack.programmes[example.programme].beneficiary, "institution")
        if kind != "institution":
            return self._organization(kind)
        modes = [{"mode": row.get("mode") or "private", "valid_from": SINCE, "source": "备案回执"}]
        grades = [{"grade": row.get("grade") or 3, "valid_from": SINCE, "source": "评定公告"}]
        facts = {"profit": row.get("profit") or "non_profit", "beds": {"nursing": 40, "ordinary": 40}}
        return self._organization(kind, facts | {"operation_modes": modes, "grades": grades})

    def _organization(self, kind: str, facts: Json | None = None) -> str:
        serial = time.time_ns() % 100_000
        made = {
            "organization_id": str(uuid4()),
            "region": self.region,
            "kind": kind,
            "name": f"试验{kind}{serial}",
            "social_credit_code": self.district.credit_code("52", serial),
        }
        said(self.clerk.post("/registry/v1/organizations", json=made | (facts or {})))
        return str(made["organization_id"])

    def _apply(self, example: Example, form: Json, row: Json, who: dict[str, str]) -> None:
        types = {column["name"]: column["type"] for column in form["columns"]}
        told = {name: _typed(types[name], value) for name, value in row.items() if name in types and value is not None}
        body: Json = {"programme": example.programme, "first_month": MONTH, "rows": [told]}
        body |= {name: value for name, value in who.items() if name in form["asks_for"]}
        if "worker_key" in form["asks_for"]:
            number = identity_number(self.county, date(1980, 1, 1), uuid4().int % 1000)
            asked = {"identity_number": number, "purpose": "护理人员补贴申请"}
            body |= said(self.clerk.post("/registry/v1/worker-keys", json=asked))
        made = eventually(
            lambda: self.clerk.post("/subsidy/v1/applications", json=body), lambda a: a.status_code == 201
        )
        path = f"/subsidy/v1/applications/{said(made, 201)['id']}/accept"
        said(self.second.post(path, json={}, headers={"if-match": made.headers["etag"]}))

    def _run(self, month: str, programmes: list[str]) -> None:
        asked = {"month": month, "region": f"{self.county}000000", "programmes": programmes}
        path = f"/subsidy/v1/runs/{said(self.clerk.post('/subsidy/v1/runs', json=asked))['id']}"
        done = eventually(lambda: self.clerk.get(path), lambda a: a.json()["state"] in {"calculated", "failed"}).json()
        assert done["state"] == "calculated", done["error"]
        for text in pages(self.clerk, f"{path}/lines", limit="100"):
            self.lines += [line for line in json.loads(text)["items"] if line["kind"] == "regular"]

    def told(self, example: Example) -> tuple[str, str, str | None]:
        """Amount, outcome and reason of the line; where the run has none, why that is."""
        programme, subject = example.programme, self.subjects[example.programme]
        own = [
            (line["amount"], line["outcome"], line["reason"])
            for line in self.lines
            if line["programme"] == programme and subject in {line["senior_id"], line["beneficiary_id"]}
        ]
        if own:
            (line,) = own
            return line
        why = said(self._determined(example))
        return why["amount"], why["outcome"], why["reason"]

    def _determined(self, example: Example) -> httpx.Response:
        programme = example.worked.pack.programmes[example.programme]
        kind = "senior_id" if programme.beneficiary in PEOPLE else "institution_id"
        asked = {"programme": programme.code, "month": self.month(example), kind: self.subjects[programme.code]}
        return self.clerk.post("/subsidy/v1/determinations", json=asked)

    def _arrived(self, example: Example) -> None:
        """Wait until what the register and the visits know of somebody has reached those who pay; who applied waited
        for that before."""
        if example.worked.pack.programmes[example.programme].source != "application":
            eventually(
                lambda: self._determined(example), lambda a: a.is_success and a.json()["reason"] not in ON_ITS_WAY
            )

    def month(self, example: Example) -> str:
        """What people apply for is of the case's month, and the register's facts are of today."""
        source = example.worked.pack.programmes[example.programme].source
        return {"application": MONTH, "meals": str(Month.of(YESTERDAY))}.get(source, str(Month.of(today())))


def _has_arrived(answer: httpx.Response) -> bool:
    return answer.is_success and answer.json()["reason"] not in ON_ITS_WAY


def _typed(kind: str, value: object) -> object:
    if kind == "money":
        return f"{int(str(value)) / 100:.2f}"
    return value.isoformat() if isinstance(value, date) else value


@pytest.fixture(scope="module", params=sorted(DECIDED))
def city(request: pytest.FixtureRequest) -> str:
    """A city with a pack."""
    return str(request.param)


@pytest.fixture(scope="module")
def programmes(city: str) -> list[Example]:
    """What its pack pays, each with a worked case."""
    return [example for example in examples() if example.city == city]


def test_whoever_is_registered_has_the_line_that_was_worked_out_by_hand(
    system: System, city: str, programmes: list[Example]
) -> None:
    county = County(system, city, DECIDED[city])
    county.settle(programmes)
    wanted = {each.programme: each.worked.answer for each in programmes} | OTHERWISE.get(city, {})
    assert {each.programme: county.told(each) for each in programmes} == wanted


def test_where_nothing_is_decided_the_line_says_what_is_missing(
    system: System, city: str, programmes: list[Example]
) -> None:
    county = County(system, city, SILENT[city])
    county.settle(programmes)
    missing = ("0.00", "not_configured", "document_is_draft" if city == DRAFT else "effective_date_missing")
    assert {each.programme: county.told(each) for each in programmes} == dict.fromkeys(county.subjects, missing)


def test_no_programme_of_any_pack_is_left_out() -> None:
    every = {(pack.region, code) for pack in Packs.load() for code in pack.programmes}
    assert {(example.city, example.programme) for example in examples()} == every

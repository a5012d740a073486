"""One thing of every kind in a district, made by calling the running system as its people would."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from uuid import uuid4

import httpx

from deploy.demo import deliveries
from deploy.demo.bank import answer_file
from deploy.demo.district import District, load
from deploy.demo.people import Person, identity_number
from deploy.demo.seed import senior_body
from deploy.demo.story import sheet
from shared.clock import Month, today
from tests.e2e.support_system import PATIENCE, System, eventually, said

HAILING, GAOGANG = "321202000000", "321203000000"
LONG_AGO = Month(2026, 2)  # the sample policy pays from January; the story pays for the present
SINCE = "2021-01-01"
VENDOR_SCOPES = ("visits.deliveries:read", "visits.deliveries:write", "visits.statements:read")
HOME = {
    "profit": "non_profit",
    "bank_account": {"bank": "泰州农村商业银行", "account": "3205000000000000123"},
    "beds": {"nursing": 20, "ordinary": 20},
    "operation_modes": [{"mode": "private", "valid_from": SINCE, "source": "备案回执"}],
    "grades": [{"grade": 4, "valid_from": SINCE, "source": "评定公告"}],
}
PROGRAMME = "operating_subsidy"


def application(ids: dict[str, str]) -> dict[str, Any]:
    """A worker of the district's home asks for the allowance."""
    row = {"certified": True, "in_post_since": SINCE, "longest_break_days": 0}
    who = {"organization_id": ids["home_id"], "worker_key": ids["worker_key"]}
    return {"programme": "worker_allowance", "first_month": "2026-03", "rows": [row]} | who


@dataclass
class Traces:
    """What a district holds: an id for every path parameter of the four documents, and all ids there are.

    ``pays``: also what only an approved run leaves behind, a payment batch and a recovery. That takes a district whose
    policy says from when on it pays, as the demo's does.
    """

    system: System
    region: str
    month: Month
    pays: bool
    ids: dict[str, str] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=list)

    @cached_property
    def district(self) -> District:
        """The demo's names and streets, in this district."""
        return District(load().content | {"region": self.region})

    def everything(self) -> httpx.Client:
        """Somebody with every right in this district."""
        return self._person("everything")

    def approver(self) -> httpx.Client:
        """The second person."""
        return self._person("second-person")

    def _person(self, name: str) -> httpx.Client:
        client = f"{name}-{self.region[:6]}"
        return self.system.client(self.system.token(self.system.scopes, [self.region[:6]], client=client))

    def vendor(self) -> httpx.Client:
        """The district's own vendor."""
        organization = self.ids["organization_id"]
        return self.system.client(
            self.system.token(VENDOR_SCOPES, [self.region[:6]], client="own-vendor", organization=organization)
        )

    def leave(self) -> Traces:
        """Make one of everything."""
        with self.everything() as clerk, self.approver() as approver, self.vendor_later() as vendor:
            people = self._people()
            self.numbers = [person.identity_number for person in people]
            oldest, resident, held = (self._register(clerk, person) for person in people[:3])
            self.ids |= {"senior_id": oldest, "resident_id": resident, "held_id": held}
            self._organizations(clerk)
            self._registry(clerk, people[3:])
            self._visits(clerk, vendor)
            self._credit(clerk)
            self._subsidy(clerk, approver)
        return self

    def vendor_later(self) -> httpx.Client:
        """The vendor's id is ours to choose, so its client can be made before it is registered."""
        self.ids["organization_id"] = str(uuid4())
        return self.vendor()

    def _people(self) -> list[Person]:
        found = sorted(self.district.people(200, time.time_ns() % 10**9), key=lambda person: person.birth_date)
        return found[:5]

    def _register(self, clerk: httpx.Client, person: Person) -> str:
        alone = {"kind": "living_alone", "value": "yes", "valid_from": SINCE, "source": "社区入户核实"}
        body = senior_body(self.district, person) | {"circumstances": [alone], "resident_since": SINCE}
        made = said(clerk.post("/registry/v1/seniors", json=body))
        self.ids["fact_id"] = made["circumstances"][0]["fact_id"]
        return str(made["senior_id"])

    def _organizations(self, clerk: httpx.Client) -> None:
        for name, kind in (("organization_id", "meal_vendor"), ("home_id", "institution"), ("body_id", "assessor")):
            self.ids.setdefault(name, str(uuid4()))
            serial = time.time_ns() % 100_000
            body = {
                "organization_id": self.ids[name],
                "region": self.region,
                "kind": kind,
                "name": f"隔离试验{kind}{serial}",
                "social_credit_code": self.district.credit_code("52", serial),
            }
            said(clerk.post("/registry/v1/organizations", json=body | (HOME if kind == "institution" else {})))
        contract = {
            "service": "meal",
            "region": self.region,
            "document_no": "隔离〔2026〕1号",
            "valid_from": SINCE,
        }
        path = f"/registry/v1/organizations/{self.ids['organization_id']}/contracts"
        self.ids["contract_id"] = said(clerk.post(path, json=contract))["contracts"][0]["contract_id"]

    def _registry(self, clerk: httpx.Client, others: list[Person]) -> None:
        stay = {"senior_id": self.ids["resident_id"], "institution_id": self.ids["home_id"], "source": "入住合同"}
        stay |= {"admitted_on": SINCE, "care_level": "disabled"}
        self.ids["admission_id"] = said(clerk.post("/registry/v1/admissions", json=stay))["admission_id"]
        revealed = {"fields": ["phone"], "purpose": "核对隔离试验"}
        said(clerk.post(f"/registry/v1/seniors/{self.ids['senior_id']}/reveal", json=revealed))
        change = {"bank_account": {"bank": "隔离银行", "account": "6222020000000000"}, "document_no": "隔离〔2026〕2号"}
        path = f"/registry/v1/seniors/{self.ids['held_id']}/changes"
        self.ids["change_id"] = said(clerk.post(path, json=change, headers={"if-match": '"1"'}))["change_id"]
        file = sheet(self.district, others, broken={1})
        taken = said(clerk.post("/registry/v1/imports", content=file, headers={"content-type": "text/csv"}))
        self.ids["import_id"] = taken["import_id"]
        path = f"/registry/v1/imports/{taken['import_id']}"
        done = eventually(lambda: clerk.get(path), lambda answer: answer.json()["status"] == "finished").json()
        assert (done["rows_done"], done["rows_rejected"]) == (1, 1)

    def _visits(self, clerk: httpx.Client, vendor: httpx.Client) -> None:
        body = self.delivery(event_id="isolated-1") | {"place": None}
        sent = eventually(lambda: vendor.post("/visits/v1/deliveries", json=body), lambda a: a.status_code == 201)
        self.ids["delivery_id"] = sent.json()["delivery_id"]

        def leads() -> httpx.Response:
            return clerk.get("/credit/v1/leads", params={"subject_id": self.ids["organization_id"]})

        found = eventually(leads, lambda answer: bool(answer.json()["items"]))
        self.ids["lead_id"] = found.json()["items"][0]["lead_id"]

    def delivery(self, **changes: Any) -> dict[str, Any]:
        """A lunch of yesterday for the district's senior, by its own vendor."""
        data = deliveries.delivery(self.ids["senior_id"], today() - timedelta(days=1), 1)
        return data | {"vendor_id": self.ids["organization_id"], "event_id": f"e-{uuid4().hex[:8]}"} | changes

    def _credit(self, clerk: httpx.Client) -> None:
        subject = {"kind": "organization", "subject_id": self.ids["organization_id"]}
        record = {"subject": subject, "kind": "penalty", "record_class": "general", "facts": "隔离试验。"}
        record |= {"legal_basis": "《养老机构管理办法》", "document_no": "隔离罚〔2026〕1号", "issuer": "区民政局"}
        record |= {"issued_on": "2026-01-05"}
        self.ids["record_id"] = said(clerk.post("/credit/v1/records", json=record))["record_id"]
        case = {"subject": subject, "list_kind": "joint_discipline", "legal_basis": "mca-2019-103"}
        case |= {"ground": "subsidy_fraud", "document_no": "隔离立〔2026〕1号", "facts": "隔离试验。"}
        self.ids["entry_id"] = said(clerk.post("/credit/v1/lists", json=case))["entry_id"]

    def _subsidy(self, clerk: httpx.Client, approver: httpx.Client) -> None:
        hold = {"subject_kind": "senior", "subject_id": self.ids["held_id"], "reason": "隔离试验"}
        held = eventually(lambda: clerk.post("/subsidy/v1/holds", json=hold), lambda a: a.status_code == 201)
        self.ids["hold_id"] = held.json()["id"]
        self._simulate(clerk)
        self._apply(clerk)
        earlier = self._run(clerk, self.month.previous())
        if not self.pays:
            said(approver.post(f"{earlier}/reject", json={"reason": "隔离试验"}))
            return
        said(approver.post(f"{earlier}/approve"))
        self._pay(clerk, earlier)
        self._die(clerk)
        said(approver.post(f"{self._run(clerk, self.month)}/approve"))
        found = said(clerk.get("/subsidy/v1/recoveries", params={"beneficiary_id": self.ids["home_id"]}))
        self.ids["recovery_id"] = found["items"][0]["id"]
        asked = {"kind": "repaid", "amount": "0.01", "document_no": "财收2号"}
        entries = f"/subsidy/v1/recoveries/{self.ids['recovery_id']}/entries"
        self.ids["request_id"] = said(clerk.post(entries, json=asked))["requests"][0]["id"]

    def _apply(self, clerk: httpx.Client) -> None:
        number = identity_number(self.region[:6], date(1980, 1, 1), uuid4().int % 1000)
        asked = {"identity_number": number, "purpose": "护理人员补贴申请"}
        self.ids |= said(clerk.post("/registry/v1/worker-keys", json=asked))
        body = application(self.ids) | {"first_month": str(self.month)}
        made = eventually(lambda: clerk.post("/subsidy/v1/applications", json=body), lambda a: a.status_code == 201)
        self.ids["application_id"] = made.json()["id"]

    def _simulate(self, clerk: httpx.Client) -> None:
        asked = {"region": self.region, "first_month": str(self.month), "programmes": [PROGRAMME]}
        self.ids["simulation_id"] = said(clerk.post("/subsidy/v1/simulations", json=asked))["id"]
        path = f"/subsidy/v1/simulations/{self.ids['simulation_id']}"
        done = eventually(lambda: clerk.get(path), lambda a: a.json()["state"] not in {"queued", "running"}).json()
        assert done["state"] == "done", done["error"]

    def _run(self, clerk: httpx.Client, month: Month) -> str:
        wanted = {"month": str(month), "region": self.region, "programmes": [PROGRAMME]}
        run = said(clerk.post("/subsidy/v1/runs", json=wanted))
        path = f"/subsidy/v1/runs/{run['id']}"
        state = eventually(lambda: clerk.get(path), lambda a: a.json()["state"] in {"calculated", "failed"}).json()
        assert state["state"] == "calculated", state["error"]
        said(clerk.post(f"{path}/submit"))
        lines = said(clerk.get(f"{path}/lines", params={"senior_id": self.ids["resident_id"]}))["items"]
        self.ids |= {"run_id": run["id"], "line_id": lines[0]["id"]}
        return path

    def _pay(self, clerk: httpx.Client, run: str) -> None:
        batch = said(clerk.post(f"{run}/payment-batches", json={}))
        path = f"/subsidy/v1/payment-batches/{batch['id']}"
        ready = eventually(lambda: clerk.get(path), lambda answer: answer.json()["state"] != "preparing").json()
        assert ready["state"] == "ready", ready["error"]
        said(clerk.post(f"{path}/returns", content=answer_file(clerk.get(f"{path}/file").content)))
        self.ids["batch_id"] = batch["id"]

    def _die(self, clerk: httpx.Client) -> None:
        """A death before the month that was paid, and the wait until the money knows of it."""
        died_on = self.month.previous().previous().first
        death = {"died_on": died_on.isoformat(), "reported_on": today().isoformat(), "source": "公安死亡注销比对"}
        said(clerk.post(f"/registry/v1/seniors/{self.ids['resident_id']}/death", json=death))
        asked = {"programme": PROGRAMME, "month": str(self.month), "senior_id": self.ids["resident_id"]}
        until = time.monotonic() + PATIENCE
        while said(clerk.post("/subsidy/v1/determinations", json=asked))["amount"] != "0.00":
            assert time.monotonic() < until, "the subsidy service does not learn of the death"
            time.sleep(0.2)

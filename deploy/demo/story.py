"""The story, step by step, told by calling the running system as its users would."""

from __future__ import annotations

import csv
import io
import random
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from deploy.demo import deliveries
from deploy.demo.client import DemoClient
from deploy.demo.district import District, days_of
from deploy.demo.people import Person
from deploy.demo.seed import register
from shared.clock import Month, today

COLUMNS = ("姓名", "身份证号", "区划代码", "户籍迁入日期", "联系电话", "住址", "开户银行", "银行账号", "独居")
ITEMS_OF_FULL_MARK = {"B.2.4": 3, "B.3.7": 1, "B.3.8": 1, "B.3.9": 2, "B.4.1": 2, "B.4.2": 2, "B.4.4": 3}
Progress = Callable[[float, str], None]


@dataclass
class Story:
    """One telling: whom it calls, what it has learnt on the way, and the summary at the end."""

    base_url: str
    district: District
    imported: int
    progress: Progress
    facts: dict[str, Any] = field(default_factory=dict)
    summary: list[tuple[str, str]] = field(default_factory=list)

    def client(self, role: str) -> DemoClient:
        """A demo client: ``clerk``, ``approver`` and ``deputy`` are the district's, the others are named."""
        own = role in {"clerk", "approver", "deputy", "assessor"}
        return DemoClient(self.base_url, f"{role}-{self.district.region[:6]}" if own else role)

    def tell(self, what: str, figure: object) -> None:
        """A line of the summary."""
        self.summary.append((what, str(figure)))

    def wait(
        self,
        client: DemoClient,
        path: str,
        ready: Callable[[dict[str, Any]], bool],
        share: Callable[[dict[str, Any]], float],
    ) -> dict[str, Any]:
        """Ask again until it is done; shows progress."""
        while True:
            state: dict[str, Any] = client.json("GET", path)
            self.progress(share(state), "")
            if ready(state):
                return state
            time.sleep(0.3)


def register_seniors(story: Story) -> None:
    """1. A clerk registers seniors one by one and by a file of 100,000; an assessor files an assessment."""
    clerk, district = story.client("clerk"), story.district
    offset = random.SystemRandom().randrange(10**6, 10**9)
    oldest = sorted(district.people(400, offset), key=lambda person: person.birth_date)[:12]
    story.facts["typed"] = [register(clerk, district, person) for person in oldest]
    content = sheet(district, list(district.people(story.imported, offset + 1)))
    began = time.monotonic()
    accepted = clerk.json("POST", "/registry/v1/imports", content=content, headers={"content-type": "text/csv"})
    done = story.wait(
        clerk,
        f"/registry/v1/imports/{accepted['import_id']}",
        lambda state: state["status"] in {"finished", "failed"},
        lambda state: state["rows_read"] / max(1, state["rows_total"]),
    )
    seconds = time.monotonic() - began
    story.tell(
        "导入 imported",
        f"{done['rows_done']} of {done['rows_total']} rows in {seconds:.1f} s, {done['rows_rejected']} rejected",
    )
    rejects = clerk.request("GET", f"/registry/v1/imports/{accepted['import_id']}/rejects").text
    story.tell("拒绝行 first reject", rejects.splitlines()[1] if done["rows_rejected"] else "none")
    _assess(story)


def sheet(district: District, people: list[Person], broken: Collection[int] = (100, 200, 300)) -> bytes:
    """The published CSV, with some broken rows among the good ones."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for number, person in enumerate(people):
        identity = (
            person.identity_number[:-1] + ("0" if person.identity_number[-1] != "0" else "1")
            if number in broken
            else person.identity_number
        )
        since = district.opening.isoformat()
        alone = "是" if person.living_alone else ""
        bank = district.content["bank"]
        writer.writerow(
            [person.name, identity, district.region, since, person.phone, person.address, bank, person.account, alone]
        )
    return out.getvalue().encode()


def _assess(story: Story) -> None:
    scores = {f"B.{part}.{n}": 4 for part, most in ((1, 8), (2, 4), (3, 9), (4, 5)) for n in range(1, most + 1)}
    scores |= ITEMS_OF_FULL_MARK | {"B.1.3": 1, "B.1.8": 2, "B.2.3": 1, "B.3.4": 2}
    form = {
        "assessed_on": story.district.month.first.isoformat(),
        "organization_id": story.district.content["assessor"]["id"],
        "assessors": ["李评估", "王评估"],
        "occasion": "first",
        "scores": scores,
        "findings": {"risk_events": {"fall": 2}},
    }
    path = f"/registry/v1/seniors/{story.facts['typed'][0]}/assessments"
    result = story.client("assessor").json("POST", path, json=form)
    story.tell(
        "能力评估 assessment",
        f"{result['total']} points: level {result['initial_level']} → {result['final_level']} "
        f"{result['final_level_name']}",
    )


def post_deliveries(story: Story) -> None:
    """3. Three vendors post a month of meals, with retries, duplicates, corrections and nonsense."""
    days = [day for day in days_of(story.district.month) if day < today()]
    seniors = _served(story)
    third = len(seniors) // 3
    counts: Counter[str] = Counter()
    began = time.monotonic()
    for number, entry in enumerate(story.district.content["vendors"]):
        client = story.client(entry["client"])
        vendor = deliveries.Vendor(
            client, story.district.vendor_id(entry), seniors[number * third : (number + 1) * third]
        )
        for batch in deliveries.month(vendor, days, random.Random(number)):
            for result in deliveries.post_batch(vendor, batch):
                counts[str(result.get("status") or result["outcome"])] += 1
            story.progress((number + 0.5) / 3, "")
    story.tell(
        "送餐 deliveries posted",
        f"{counts.total()} in {time.monotonic() - began:.1f} s: "
        + ", ".join(f"{n} {k}" for k, n in counts.most_common()),
    )


def _served(story: Story) -> list[str]:
    """The seniors who get a meal every day: some of those who live at home."""
    clerk = story.client("clerk")
    page = clerk.json("GET", "/registry/v1/seniors?limit=200")
    homes = page["items"][84:]
    return [item["senior_id"] for item in homes if item["status"] == "active"]


def list_institution(story: Story) -> None:
    """5. An institution is put on the discipline list half-way through the month: a clerk proposes, two people sit, one
    of them decides."""
    clerk, approver, month = story.client("clerk"), story.client("approver"), story.district.month
    subject = story.district.content["listed_institution"]
    proposal = {
        "subject": {"kind": "organization", "subject_id": subject},
        "list_kind": "joint_discipline",
        "legal_basis": "mca-2019-103",
        "ground": "subsidy_fraud",
        "document_no": f"海民信立〔{month.year}〕1号",
        "facts": "虚报收住老年人人数骗取运营补贴,经核查属实。",
    }
    entry = clerk.json("POST", "/credit/v1/lists", json=proposal, expect=(201, 409))
    if "entry_id" not in entry:
        story.tell("失信名单 list", "already listed by an earlier telling")
        return
    path = f"/credit/v1/lists/{entry['entry_id']}"

    def day(number: int) -> str:
        return (month.first + timedelta(days=number - 1)).isoformat()

    clerk.json(
        "POST",
        f"{path}/notice",
        json={"document_no": f"海民信告〔{month.year}〕1号", "noticed_on": day(2), "statement_until": day(9)},
    )
    statement = {"document_no": f"海民信陈〔{month.year}〕1号", "received_on": day(8), "summary": "对事实无异议。"}
    clerk.json("POST", f"{path}/statement", json=statement)
    decision = {
        "outcome": "listed",
        "document_no": f"海民信决〔{month.year}〕1号",
        "decided_on": day(14),
        "listed_on": day(16),
        "reason": "事实清楚,证据确凿。",
    }
    sitting = {"document_no": f"海民信议〔{month.year}〕1号", "held_on": day(13), "opinion": "同意列入。"}
    for member in (approver, story.client("deputy")):
        member.json("POST", f"{path}/deliberate", json=sitting)
    refused = clerk.request("POST", f"{path}/decide", json=decision)
    story.tell("提出人自行决定 proposer decides", f"refused with {refused.status_code}")
    listed = approver.json("POST", f"{path}/decide", json=decision)
    story.tell("失信名单 listed", f"{listed['subject_name']} from {listed['listed_on']}, {listed['decision_no']}")


def death_reported_late(story: Story) -> None:
    """A senior who died on the 3rd of the month before the one already paid is reported on the 20th."""
    died = story.district.month.previous().first + timedelta(days=2)
    reported = min(today(), date(today().year, today().month, 20))
    senior = story.facts["typed"][1]
    body = {"died_on": died.isoformat(), "reported_on": reported.isoformat(), "source": "公安死亡注销比对"}
    story.client("clerk").json("POST", f"/registry/v1/seniors/{senior}/death", json=body)
    story.facts["deceased"] = senior
    story.tell("迟报死亡 late death", f"died {died}, reported {reported}")


def this_month(_story: Story) -> Month:
    """The month after the story's month: its run carries the recovery."""
    return Month.of(today())

"""Where the story moves money: the run, the second person, the bank, the recovery, and the auditor's question."""

from __future__ import annotations

from typing import Any

from deploy.demo.bank import answer_file
from deploy.demo.client import DemoClient
from deploy.demo.story import Story, this_month
from shared.clock import Month

SETTLED = {"calculated", "failed"}


def run_month(story: Story, month: Month) -> dict[str, Any]:
    """4. The month's run: every senior and institution, from frozen inputs to lines with reasons."""
    clerk = story.client("clerk")
    body = {"month": str(month), "region": story.district.region}
    run = clerk.json("POST", "/subsidy/v1/runs", json=body)
    path = f"/subsidy/v1/runs/{run['id']}"
    done = story.wait(clerk, path, lambda s: s["state"] in SETTLED, lambda s: s["done"] / max(1, len(s["scopes"])))
    for scope in done["scopes"]:
        if scope["inputs"]:
            name = f"{month} {scope['programme']}" + ("" if scope["regular"] else f" 回看 {scope['month']}")
            counts = f"{scope['inputs']} looked at, {scope['paid']} paid, {scope['refused']} refused"
            story.tell(name, f"{scope['amount']} 元: {counts}")
    return done


def approve_and_pay(story: Story, run: dict[str, Any]) -> None:
    """6. A second person approves; the payment file goes to the bank, and its answer comes back with failures."""
    clerk, approver, path = story.client("clerk"), story.client("approver"), f"/subsidy/v1/runs/{run['id']}"
    clerk.json("POST", f"{path}/submit")
    own = clerk.request("POST", f"{path}/approve")
    story.tell("制单人自行审批 author approves", f"refused with {own.status_code}")
    approver.json("POST", f"{path}/approve")
    batch = clerk.json("POST", f"{path}/payment-batches", json={})
    file_path = f"/subsidy/v1/payment-batches/{batch['id']}"
    batch = story.wait(clerk, file_path, lambda b: b["state"] != "preparing", lambda b: float(b["state"] == "ready"))
    file = clerk.request("GET", f"{file_path}/file")
    figures = f"{batch['rows']} rows, {batch['amount']} 元, {batch['no_account']} without account"
    story.tell("代发文件 payment file", f"{figures}, sha256 {batch['sha256'][:16]}…")
    returned = answer_file(file.content)
    answer = clerk.json("POST", f"{file_path}/returns", content=returned, headers={"content-type": "text/csv"})
    story.tell("银行回盘 bank's answer", f"{answer['settled']} paid, {answer['returned']} returned")


def recovery(story: Story) -> None:
    """The next month's run finds the late death and claims back the line already paid."""
    run = run_month(story, this_month(story))
    clerk = story.client("clerk")
    lines = clerk.json("GET", f"/subsidy/v1/runs/{run['id']}/lines?kind=recovery&limit=50")["items"]
    own = [line for line in lines if line["beneficiary_id"] == story.facts["deceased"]]
    for line in own:
        story.tell(
            "追缴 recovery", f"{line['amount']} 元 for {line['month']}, corrects line {line['corrects_line_id']}"
        )
    if not own:
        raise RuntimeError("the late death led to no recovery")


def audit(story: Story) -> None:
    """7. An auditor asks why: for a paid senior, for the listed institution; and proves the audit log unbroken."""
    auditor = story.client("auditor")
    _why(story, auditor, "longevity_allowance", "outcome=paid")
    _why(story, auditor, "operating_subsidy", "reason=listed")
    for service in ("registry", "subsidy", "visits", "credit"):
        proof = auditor.json("GET", f"/{service}/v1/audit/verification")
        story.tell(
            f"审计链 audit chain {service}",
            f"{'unbroken' if proof['unbroken'] else 'BROKEN'}, {proof['length']} entries",
        )
        if not proof["unbroken"]:
            raise RuntimeError("the audit log is broken")


def _why(story: Story, auditor: DemoClient, programme: str, query: str) -> None:
    path = f"/subsidy/v1/lines/{_a_line(story, auditor, programme, query)}"
    for language in ("zh", "en"):
        answer = auditor.json("GET", f"{path}/explanation", headers={"accept-language": language})
        story.tell(f"为什么 why ({programme}, {language})", answer["text"])
    proof = auditor.json("POST", f"{path}/proof")
    story.tell("重算证明 proof", str(proof))


def _a_line(story: Story, auditor: DemoClient, programme: str, query: str) -> str:
    """A line of the story's month, from this telling's run or an earlier one's."""
    for run in auditor.json("GET", f"/subsidy/v1/runs?month={story.district.month}")["items"]:
        found = auditor.json("GET", f"/subsidy/v1/runs/{run['id']}/lines?programme={programme}&{query}&limit=1")
        if found["items"]:
            return str(found["items"][0]["id"])
    raise RuntimeError(f"no line of {programme} with {query}")

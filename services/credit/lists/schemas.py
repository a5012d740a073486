"""What callers send about list entries."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.credit.shapes import Body, Day, DocumentNo, example
from services.credit.subjects.schemas import SubjectRef
from shared.text import Code, LongText, ShortText

Effects = Annotated[list[Code], Field(max_length=20)]


class Proposal(Body):
    """A proposal to list a subject 拟列入."""

    model_config = example(
        subject={"kind": "organization", "subject_id": "01980000-0000-7000-8000-00000000000a"},
        list_kind="joint_discipline",
        legal_basis="mca-2019-103",
        ground="subsidy_fraud",
        document_no="民信立〔2026〕1号",
        facts="2026年9月虚报送餐记录,经核查属实。",
        lead_ids=[],
    )

    subject: SubjectRef
    list_kind: Code = Field(description="Which list 名单类别", examples=["joint_discipline"])
    legal_basis: Code = Field(
        description="Id of the document it rests on, see /v1/bases 法律依据", examples=["mca-2019-103"]
    )
    ground: Code = Field(description="Condition of that document, see /v1/bases 列入情形", examples=["subsidy_fraud"])
    document_no: DocumentNo = Field(description="Number of the case 立案文号")
    facts: LongText = Field(description="What happened 事实")
    lead_ids: list[UUID] = Field(default=[], max_length=100, description="Open leads used as evidence 线索")


class Notice(Body):
    """The notice that tells the subject of facts, reasons and rights 告知."""

    model_config = example(document_no="民信告〔2026〕1号", noticed_on="2026-10-08", statement_until="2026-10-15")

    document_no: DocumentNo
    noticed_on: Day = Field(description="Day the notice was served 告知日期")
    statement_until: Day | None = Field(
        default=None,
        description="Last day for a statement; needed while the basis sets no period 陈述申辩截止日",
    )


class Statement(Body):
    """What the subject said, or that it waived its right 陈述申辩."""

    model_config = example(
        document_no="民信陈〔2026〕1号", received_on="2026-10-10", waived=False, summary="承认事实。"
    )

    document_no: DocumentNo
    received_on: Day = Field(description="Day it was received 收到日期")
    waived: bool = Field(default=False, description="The subject waived its right 放弃陈述申辩")
    summary: LongText = Field(description="What was said and how it was weighed 陈述内容与采纳情况")


class Deliberation(Body):
    """One member's part in the collective deliberation; who it is says the token 集体审议."""

    model_config = example(document_no="民信议〔2026〕1号", held_on="2026-10-16", opinion="同意列入。")

    document_no: DocumentNo = Field(description="Number of the minutes 会议纪要文号")
    held_on: Day = Field(description="Day of the sitting, after the hearing; the same for all its members 审议日期")
    opinion: LongText = Field(description="What this member said 审议意见")


class Decision(Body):
    """The decision, by a second person; a listing rests on the last sitting of the panel 决定."""

    model_config = example(
        outcome="listed",
        document_no="民信决〔2026〕1号",
        decided_on="2026-10-16",
        listed_on="2026-10-16",
        reason="事实清楚,证据确凿,依据充分。",
    )

    outcome: Literal["listed", "not_listed"] = Field(default="listed", description="列入或不予列入")
    document_no: DocumentNo = Field(description="Number of the decision 决定文号")
    decided_on: Day = Field(description="Date of the decision 决定日期")
    listed_on: Day | None = Field(
        default=None,
        description="First day of effect, not before the notice; the date of the decision if not given 列入日期",
    )
    reason: LongText = Field(description="理由")
    effects: Effects | None = Field(
        default=None,
        description="Some of the effects that the jurisdiction's document names; all if not given 惩戒措施",
    )


class Service(Body):
    """How the decision reached the subject 送达."""

    model_config = example(document_no="民信送〔2026〕1号", served_on="2026-10-17", method="直接送达")

    document_no: DocumentNo
    served_on: Day = Field(description="送达日期")
    method: ShortText = Field(description="送达方式")


class Publication(Body):
    """Where the entry was published 公示."""

    model_config = example(document_no="民信示〔2026〕1号", published_on="2026-10-18", channels=["信用中国"])

    document_no: DocumentNo
    published_on: Day = Field(description="公示日期")
    channels: list[ShortText] = Field(min_length=1, max_length=10, description="公示渠道")


class Verification(Body):
    """What was found of a rectification, by whoever verified it; another person decides on the repair 核查."""

    model_config = example(
        document_no="民信核〔2028〕1号",
        applied_on="2028-10-17",
        verified_on="2028-10-19",
        verification="已退回全部资金并完成整改。",
    )

    document_no: DocumentNo
    applied_on: Day = Field(description="申请日期")
    verified_on: Day = Field(description="核查日期")
    verification: LongText = Field(description="What was rectified 整改与核查情况")


class Repair(Body):
    """The repair, by another person than whoever verified it 信用修复."""

    model_config = example(document_no="民信修〔2028〕1号", repaired_on="2028-10-20", commitment_no="民信承〔2028〕1号")

    document_no: DocumentNo
    repaired_on: Day = Field(description="First day without effect 修复日期")
    commitment_no: DocumentNo = Field(description="The public commitment 信用承诺文号")


class Reconsideration(Body):
    """Why and from when a listing should be undone; another person revokes it 复核."""

    model_config = example(
        document_no="民信复〔2026〕1号",
        reconsidered_on="2026-11-01",
        reason="复议决定撤销原决定。",
        delisted_on="2026-10-16",
    )

    document_no: DocumentNo
    reconsidered_on: Day = Field(description="复核日期")
    reason: LongText = Field(description="撤销理由")
    delisted_on: Day | None = Field(
        default=None, description="First day without effect; the day it was listed if not given 失效日期"
    )


class Revocation(Body):
    """The revocation as it was last asked for, by another person than whoever asked 撤销."""

    model_config = example(document_no="民信撤〔2026〕1号", revoked_on="2026-11-02")

    document_no: DocumentNo
    revoked_on: Day = Field(description="撤销日期")

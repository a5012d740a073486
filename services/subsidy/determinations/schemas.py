"""Shapes of determinations, explanations and proofs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field, RootModel, model_validator

from services.subsidy.engine.published import TRACE_SCHEMA, inline_trace_schema
from services.subsidy.runs.schemas import LineOut
from services.subsidy.schemas import LINE_ID, SENIOR_ID, Answer, Body, Kind, Programme, Reason, SubjectKind
from shared.clock import AskedMonth, Month
from shared.dates import IsoMoment
from shared.money import Yuan
from shared.regions import RegionShown


def _published(schema: dict[str, Any]) -> None:
    """Say of a trace what its own schema says."""
    schema.clear()
    served = "served at /subsidy/v1/schemas/anxiang.trace.v1 单独的模式文件"
    schema.update(inline_trace_schema() | {"externalDocs": {"url": TRACE_SCHEMA["$id"], "description": served}})


class Trace(RootModel[dict[str, Any]]):
    """Why: ``anxiang.trace.v1`` 计算过程."""

    model_config = ConfigDict(json_schema_extra=_published)


class DeterminationIn(Body):
    """Ask what is due to one senior or institution, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"programme": "longevity_allowance", "month": "2026-10", "senior_id": SENIOR_ID}]
        }
    )

    programme: Programme
    month: AskedMonth
    senior_id: UUID | None = Field(default=None, description="The senior 老年人")
    institution_id: UUID | None = Field(
        default=None, description="Or an institution with all its residents, or any organisation that applied 机构"
    )
    known_at: IsoMoment | None = Field(default=None, description="Judge on what was known then; null: now 知悉时点")

    @model_validator(mode="after")
    def _names_one(self) -> DeterminationIn:
        if (self.senior_id is None) == (self.institution_id is None):
            raise ValueError("name either senior_id or institution_id 须指明老年人或机构之一")
        return self

    @property
    def subject(self) -> tuple[Kind, UUID]:
        """Whom it is about: the kind and the id."""
        return ("senior", self.senior_id) if self.senior_id else ("organization", self.institution_id or UUID(int=0))


class EntitlementOut(Answer):
    """What is due to one beneficiary 应享待遇."""

    beneficiary_kind: SubjectKind
    beneficiary_id: UUID
    senior_id: UUID | None = Field(default=None, description="For whom; null: the organisation itself 受助老年人")
    application_id: UUID | None = Field(default=None, description="The application it rests on 申请编号")
    amount: Yuan
    outcome: str
    reason: Reason = None


class ChoiceOut(Answer):
    """Benefits that may be had together, and what they come to 可选组合."""

    programmes: list[Programme]
    amount: Yuan = Field(validation_alias="total_fen", description="Their sum 合计金额")


class TogetherOut(Answer):
    """What another benefit of the same month takes off 叠加享受."""

    due: Yuan = Field(description="What it would be alone 单独计算金额")
    other: Programme = Field(description="The other benefit 另一项待遇")
    other_amount: Yuan = Field(description="What that one would be alone 另一项金额")
    relation: str | None = Field(
        default=None, description="EXCLUDE, HIGHER_OF or COUNT_AGAINST; null: nobody has decided 两项的关系"
    )
    rule: str | None = Field(default=None, description="The rule that says so, or waits to be decided 依据的规则")
    text: str = Field(description="The same in words 说明")


class EntitlementItem(Answer):
    """One benefit in plain words 一项待遇."""

    programme: Programme
    name: str
    form: str = Field(description="cash, in_kind or voucher 给付形式")
    outcome: str = Field(description="paid, held, not_eligible, not_configured, or no_facts 结果")
    alone: Yuan = Field(description="What is due of it by itself 单独计算金额")
    amount: Yuan = Field(description="What remains beside the others 实际金额")
    headline: str = Field(description="What there is 结论")
    because: list[str] = Field(description="Why 原因")
    undecided: list[str] = Field(description="What nobody has decided, and who will 还没有决定的事")
    change: list[str] = Field(description="What would change it 怎样会有变化")
    text: str = Field(description="All of it in one line 一句话说明")


class EntitlementsOut(Answer):
    """Every benefit for a senior in a month, in the language asked for 应享待遇一览."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "senior_id": SENIOR_ID,
                    "month": "2026-10",
                    "region": "321202001000",
                    "pack_hash": "9f" * 32,
                    "items": [
                        {
                            "programme": "longevity_allowance",
                            "name": "尊老金",
                            "form": "cash",
                            "outcome": "paid",
                            "alone": "100.00",
                            "amount": "100.00",
                            "headline": "本月应发 100.00 元。",
                            "because": ["到2026年10月31日满92周岁", "90至99周岁一档:每月100.00元"],
                            "undecided": [],
                            "change": ["自2034年3月起满100周岁,每月300.00元"],
                            "text": "本月应发 100.00 元。到2026年10月31日满92周岁;90至99周岁一档:每月100.00元。"
                            "以后:自2034年3月起满100周岁,每月300.00元。",
                        }
                    ],
                    "choices": [],
                    "text": "2026年10月,这位老人能享受的待遇:……",
                }
            ]
        }
    )

    senior_id: UUID
    month: Month
    region: RegionShown = Field(description="Where the senior is registered 登记地区")
    pack_hash: str
    items: list[EntitlementItem]
    best: ChoiceOut | None = Field(
        default=None, description="Where there is a choice: what comes to most, as the items say 合计最多的组合"
    )
    choices: list[ChoiceOut] = Field(description="The other legal choices, dearest first 其他可选组合")
    text: str = Field(description="To be read aloud 全文")


class ListingOut(Answer):
    """A list decision that the outcome may rest on 信用名单决定."""

    decision_id: UUID
    subject_id: UUID
    list_kind: str
    listed_on: date
    until: date | None = None
    delisted_on: date | None = None
    legal_basis: str
    document_no: str


class DeterminationOut(Answer):
    """What is due, every step, and what was decided before 认定结果."""

    programme: Programme
    month: Month
    pack_hash: str
    known_at: datetime | None = None
    amount: Yuan = Field(description="What remains beside other benefits of the month 金额")
    outcome: str
    reason: Reason = None
    together: TogetherOut | None = Field(
        default=None, description="What another benefit of the same month takes off; null: nothing 叠加享受"
    )
    choices: list[ChoiceOut] = Field(description="Other legal choices among the senior's benefits 其他可选组合")
    entitlements: list[EntitlementOut] = Field(description="What is due of this benefit alone 单独计算的待遇")
    trace: Trace | None = Field(default=None, description="anxiang.trace.v1; null when nothing is known 计算过程")
    text: str = Field(description="The explanation in the language asked for 说明")
    listings: list[ListingOut]
    lines: list[LineOut] = Field(description="What runs decided for this month so far 已有明细")


class ExplanationOut(Answer):
    """Why a line is what it is 明细说明."""

    line: LineOut
    decided_before: Yuan = Field(description="What earlier lines of the same month add up to 此前已定金额")
    trace: Trace | None = Field(
        default=None, description="anxiang.trace.v1; null when the facts were withdrawn 计算过程"
    )
    text: str = Field(description="The explanation in the language asked for 说明")
    listings: list[ListingOut]


class ProofOut(Answer):
    """A line calculated again from its frozen inputs under its own policy pack 复算结果."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "line_id": LINE_ID,
                    "equal": True,
                    "law_unaltered": True,
                    "stored": "50.00",
                    "recomputed": "50.00",
                    "pack_hash": "9f" * 32,
                    "input_hash": "ab" * 32,
                }
            ]
        }
    )

    line_id: UUID
    equal: bool = Field(description="Whether the amounts agree, under the very law the line names 是否一致")
    law_unaltered: bool = Field(description="Whether the kept law still fits its hash 留存政策是否与其摘要相符")
    stored: Yuan
    recomputed: Yuan
    pack_hash: str
    input_hash: str | None = Field(default=None, description="SHA-256 of all inputs of its part of the run 输入摘要")

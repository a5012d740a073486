"""Shapes of runs and lines."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue

from services.subsidy.runs.domain import LineKind, Outcome, RunState
from services.subsidy.schemas import LINE_ID, RUN_ID, SENIOR_ID, Answer, Body, Moment, Programme, Reason, SubjectKind
from shared.clock import AskedMonth, Month
from shared.money import Yuan
from shared.regions import Region
from shared.text import LongText


def _month(value: Any) -> Any:  # noqa: ANN401  # a date from a row, or text
    return Month.of(value) if isinstance(value, date) else value


RowMonth = Annotated[Month, BeforeValidator(_month), Field(description="Month of the entitlement 所属月份")]


class RunIn(Body):
    """Ask for a month's run."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"month": "2026-10", "region": "321202000000", "programmes": None}]}
    )

    month: AskedMonth = Field(description="Month to pay for 发放月份")
    region: Region
    only_itself: bool = Field(
        default=False,
        description="Only what is registered at this very unit; what lies below has its own runs 仅本级",
    )
    programmes: list[Programme] | None = Field(
        default=None, min_length=1, max_length=50, description="Only these programmes; null: all of the policy 补贴项目"
    )


class Decision(Body):
    """Why a run is rejected, or a remark on its approval."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "与公安比对结果不一致,退回重核"}]})

    reason: LongText | None = Field(default=None, description="Remark 审批意见")


class RunRefusal(Body):
    """Why a run is rejected."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "与公安比对结果不一致,退回重核"}]})

    reason: LongText = Field(description="Why 退回原因")


class ScopeOut(Answer):
    """One part of a run with its control totals 分项合计: inputs = outside + paid + refused + held."""

    scope: int
    regular: bool = Field(description="The month itself; false: a look back at a month decided before 是否当月")
    programme: Programme
    month: RowMonth
    pack_hash: str = Field(description="Hash of the policy pack that decided 政策包摘要")
    input_hash: str | None = Field(default=None, description="SHA-256 of the frozen inputs 输入摘要")
    rows: int = Field(description="Frozen input rows 冻结行数")
    inputs: int | None = Field(default=None, description="Subjects looked at 核算对象数")
    outside: int | None = Field(default=None, description="Outside the programme, or unchanged in a look back 范围外")
    paid: int | None = Field(default=None, description="Something is paid 应发")
    refused: int | None = Field(default=None, description="Nothing is paid, or something is claimed back 不予发放")
    held: int | None = Field(default=None, description="On hold 暂停")
    amount: Yuan | None = Field(default=None, validation_alias="amount_fen", description="Sum 合计金额")


class NoticeOut(Answer):
    """How many subjects ended with which reason 原因汇总."""

    programme: Programme
    month: RowMonth
    kind: str
    outcome: str
    reason: Reason = None
    subjects: int
    amount: Yuan = Field(validation_alias="amount_fen")


_RUN: dict[str, JsonValue] = {
    "id": RUN_ID,
    "month": "2026-10",
    "region": "321202000000",
    "number": 1,
    "programmes": ["longevity_allowance"],
    "state": "draft",
    "created_by": "clerk-321202",
    "created_at": "2026-11-02T01:30:00Z",
}


class RunOut(Answer):
    """A run 发放批次."""

    model_config = ConfigDict(
        frozen=True,
        from_attributes=True,
        json_schema_extra={"examples": [_RUN]},
    )

    id: UUID
    month: RowMonth
    region: Region
    only_itself: bool = Field(default=False, description="Without what lies below the region 仅本级")
    number: int = Field(description="1 for the month's first run; later ones add and correct 序号")
    programmes: list[Programme]
    state: RunState = Field(description="Where it stands 状态")
    created_by: str = Field(description="Author 制单人")
    created_at: Moment
    frozen_at: Moment | None = Field(default=None, description="When its inputs were frozen 冻结时间")
    calculated_at: Moment | None = None
    submitted_by: str | None = None
    submitted_at: Moment | None = None
    decided_by: str | None = Field(default=None, description="The second person 审批人")
    decided_at: Moment | None = None
    decision_reason: str | None = None
    error: str | None = Field(default=None, description="Why it failed 失败原因")


class RunDetail(RunOut):
    """A run with its parts, control totals, and reasons."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RUN | {"scopes": [], "notices": [], "done": 0}]})

    scopes: list[ScopeOut]
    notices: list[NoticeOut]
    done: int = Field(description="Parts calculated so far 已完成分项")


class StackingOut(Answer):
    """What a line is due alone, and the other benefit of the month that it gives way to 叠加享受."""

    due: Yuan = Field(validation_alias="due_fen", description="What it would be alone 单独计算金额")
    other: Programme = Field(description="The other benefit 另一项待遇")
    other_amount: Yuan = Field(validation_alias="other_fen", description="What is due of that one 另一项金额")
    relation: str | None = Field(
        default=None, description="EXCLUDE, HIGHER_OF or COUNT_AGAINST; null: nobody has decided 两项的关系"
    )
    rule: str | None = Field(default=None, description="The rule that says so, or waits to be decided 依据的规则")


class LineOut(Answer):
    """What a run decided for one subject 发放明细."""

    model_config = ConfigDict(
        frozen=True,
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "id": LINE_ID,
                    "run_id": RUN_ID,
                    "month": "2026-10",
                    "region": "321202001000",
                    "programme": "longevity_allowance",
                    "beneficiary_kind": "senior",
                    "beneficiary_id": SENIOR_ID,
                    "senior_id": SENIOR_ID,
                    "application_id": None,
                    "sequence": 0,
                    "kind": "regular",
                    "amount": "50.00",
                    "outcome": "paid",
                    "reason": None,
                    "pack_hash": "9f" * 32,
                    "corrects_line_id": None,
                    "stacking": None,
                    "void": False,
                }
            ]
        },
    )

    id: UUID
    run_id: UUID
    month: RowMonth
    region: Region
    programme: Programme
    beneficiary_kind: SubjectKind
    beneficiary_id: UUID = Field(description="Who gets the money 收款对象")
    senior_id: UUID | None = Field(default=None, description="For whom 受助老年人")
    application_id: UUID | None = Field(default=None, description="The application it rests on 申请编号")
    sequence: int = Field(description="0 first decision, then corrections 序号")
    kind: LineKind = Field(description="regular 当月, arrears 补发, recovery 追缴")
    amount: Yuan = Field(validation_alias="amount_fen", description="Negative in a recovery 金额")
    outcome: Outcome
    reason: Reason = None
    pack_hash: str
    corrects_line_id: UUID | None = Field(default=None, description="The line that this one corrects 被更正明细")
    stacking: StackingOut | None = Field(default=None, description="Why it is less beside another benefit 叠加享受")
    void: bool = Field(description="The run was rejected 已作废")

"""Shapes of benefits, values, targets and what goes together, as they are read."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import ConfigDict, Field

from services.subsidy.catalogue.schemas import SOURCE, Code, DocumentRef, EnteredOut, Name, SourceOut, Word
from services.subsidy.schemas import Answer, Programme

Availability = Literal["known", "not_in_available_text", "no_rule"]


class UndecidedOut(Answer):
    """What nobody has decided 待定事项."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "parameter": "longevity_allowance.death_month",
                    "name": "去世当月",
                    "missing_decision": "老人去世的当月是否发放",
                    "decided_by": "县(市、区)民政部门会同财政部门",
                    "programmes": ["longevity_allowance"],
                    "source": SOURCE,
                }
            ]
        }
    )

    parameter: str = Field(examples=["longevity_allowance.death_month"])
    name: Name
    missing_decision: str | None = Field(description="What is not decided 缺什么决定")
    decided_by: str | None = Field(description="Who usually decides 由谁决定")
    programmes: list[Programme] = Field(description="What waits for it 等待的项目")
    source: SourceOut


class OpenOut(Answer):
    """What a region has still to decide 待定事项清单."""

    effective_dates: list[DocumentRef] = Field(
        description="Documents whose effective day nobody has entered 缺施行日期"
    )
    decisions: list[UndecidedOut] = Field(description="Parameters without a value 缺取值")


class ObstacleOut(Answer):
    """Why a programme pays nobody 不能发放的原因."""

    code: Code
    text: Name
    undecided: UndecidedOut | None = Field(description="The decision that is missing, if that is why 待定事项")


class NeedOut(Answer):
    """A fact that a programme asks for 所需事实."""

    column: Code
    name: Name
    type: Literal["date", "yes_no", "code", "number"]
    optional: bool = Field(description="May be unknown 可以不填")


class ConditionOut(Answer):
    """What must hold 享受条件."""

    code: Code
    name: Name
    otherwise: Word = Field(description="What happens where it is not met 不符合时")
    remedy: Name = Field(description="How it is met 如何满足")
    parameter: str | None = Field(description="What it is compared with 对照的参数")
    source: SourceOut


class RuleOut(Answer):
    """What the law says of a programme 项目规定."""

    force: Word
    form: Word
    beneficiary: Word
    payee: Word
    formula: Word = Field(description="How it is calculated, in words 计算方式")
    needs: list[NeedOut]
    conditions: list[ConditionOut]
    parameters: list[str]
    note: str | None
    source: SourceOut


class ProgrammeOut(Answer):
    """A subsidy programme of a region, and whether it can be paid 补贴项目."""

    code: Programme
    name: Name
    availability: Availability
    availability_text: Name
    payable: bool = Field(description="Whether it can be paid on that day 能否发放")
    obstacles: list[ObstacleOut] = Field(description="Why not 原因")
    rule: RuleOut | None = Field(description="Null where the available text does not know it 规定")


class ValueOut(Answer):
    """A dated value 取值."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "text": "80至89周岁:50.00元/人·月;90周岁以上:100.00元/人·月",
                    "figures": [
                        {"at_least": 80, "at_most": 89, "value": "50"},
                        {"at_least": 90, "value": "100"},
                    ],
                    "since": "2026-01-01",
                    "until": "2027-12-31",
                    "own": False,
                    "source": SOURCE,
                    "entered": {
                        "on": "2026-01-01",
                        "entered_by": "经办员",
                        "entered_on": "2025-12-20",
                        "reason": "原文没有施行日期",
                    },
                }
            ]
        }
    )

    text: Name = Field(description="In words, with its unit 文字表述", examples=["80至89周岁:50.00元/人·月"])
    figures: Any = Field(description="The same for machines; amounts in yuan as text 结构化取值")
    since: date | None = Field(description="From when; null: the day its document takes effect is not known 起")
    until: date | None = Field(description="To when, included 止")
    own: bool = Field(description="The district decided it itself 是否本地自定")
    source: SourceOut
    entered: EnteredOut | None = Field(description="Who entered the day it begins, where the text names none 录入人")


class ParameterOut(Answer):
    """One figure or decision of the law on a day 参数."""

    id: str = Field(examples=["longevity_allowance.amount"])
    name: Name
    kind: str = Field(description="scalar, bands, table, choice, members, date or mapping 类型")
    unit: Word
    semantics: Word = Field(description="What a lower level may change 下级能否调整")
    force: Word
    over: Word | None = Field(description="The fact it is read by 依据的事实")
    programmes: list[Programme] = Field(description="What uses it 使用它的项目")
    value: ValueOut | None = Field(description="In force on that day; null: nothing is 当日取值")
    undecided: UndecidedOut | None = Field(description="What is missing where nothing is in force 缺什么")
    basis: SourceOut = Field(description="Where the law speaks of it 依据")


class ParameterDetail(ParameterOut):
    """A parameter with its history 参数沿革."""

    history: list[ValueOut] = Field(description="Every dated value, the oldest first 全部取值")


class QuotaOut(Answer):
    """A target's quota of one year 年度任务."""

    year: int
    due_on: date | None
    state: Word


class TargetOut(Answer):
    """A figure that a document wants reached 目标. It is shown after its date, too."""

    id: str
    name: Name
    indicator: Code
    op: Code
    value: str | None = Field(description="Null: the document names no figure 数值")
    unit: Word
    wanted: str | None = Field(description="The figure in words 目标值")
    scope: str | None
    due_on: date | None
    due_text: str | None = Field(description="As printed 原文期限")
    year_end_assumed: bool = Field(description="Only a year is printed; its last day is taken 推定年末")
    past_due: bool = Field(description="Its date has passed 是否已过期限")
    force: Word
    state: Word
    quotas: list[QuotaOut]
    source: SourceOut


class PairOut(Answer):
    """Two benefits for the same person 叠加关系."""

    first: Word
    second: Word
    relation: Word | None = Field(description="ADD, EXCLUDE, HIGHER_OF, COUNT_AGAINST; null: undecided 关系")
    text: Name
    undecided: UndecidedOut | None
    source: SourceOut | None


class LevelOut(Answer):
    """One line of a mapping of levels 等级对照."""

    given: Word = Field(description="The level as assessed 评估等级")
    counts_as: Word = Field(description="The document's word 文件用语")


class LevelsOut(Answer):
    """How assessed levels become the document's words 能力等级对照."""

    parameter: str
    name: Name
    over: Word | None
    lines: list[LevelOut] = Field(description="Empty: nobody has decided 对照")
    undecided: UndecidedOut | None
    source: SourceOut


class CategoriesOut(Answer):
    """What the government buys 政府购买服务项目."""

    parameter: str
    name: Name
    categories: list[Word]
    undecided: UndecidedOut | None
    source: SourceOut

"""What a simulation is asked: which months of which region, and what would be another law."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints, model_validator

from services.subsidy.schemas import Answer, Body, Moment, Programme
from services.subsidy.simulations.domain import MOST_MONTHS, SimulationState, months
from shared.clock import AskedMonth, Month
from shared.dates import IsoDate
from shared.money import YuanText
from shared.regions import Region
from shared.text import PLAIN, SHOWN

FIGURE = r"^(0|[1-9][0-9]{0,9})(\.[0-9]{1,4})?$"
DRAFT_CHARACTERS, PACK_CHARACTERS = 32 * 1024, 1024 * 1024
SIMULATION_ID = "019ad0c8-4d5e-7f60-8b72-8d9e0f1a2b3c"


Figure = Annotated[
    str,
    StringConstraints(pattern=FIGURE),
    Field(description="A number as the document prints it 数值", examples=["80"]),
]
"""Yuan, a factor, days: text, for a number could mean fen."""
ParameterId = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,99}$"),
    Field(description="Which value of the law 参数编号", examples=["longevity_allowance.amount"]),
]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,64}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), PLAIN, SHOWN]
Yaml = Annotated[str, StringConstraints(min_length=1, max_length=DRAFT_CHARACTERS)]
Json = Annotated[str, StringConstraints(min_length=1, max_length=PACK_CHARACTERS)]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.txt$")]


class BandIn(Body):
    """One step of a scale, both ends included."""

    at_least: int = Field(ge=0, le=10_000)
    at_most: int | None = Field(default=None, ge=0, le=10_000, description="null: no upper end")
    value: Figure


class ValueIn(Body):
    """Another value of a parameter, or another choice of a stacking rule: one of the keys that a pack's file has."""

    parameter: ParameterId
    value: Figure | None = None
    choice: Word | None = None
    bands: list[BandIn] | None = Field(default=None, min_length=1, max_length=50)
    table: dict[Word, Figure] | None = Field(default=None, min_length=1, max_length=200)
    members: list[Word] | None = Field(default=None, max_length=200)
    day: IsoDate | None = None
    mapping: dict[Word, Word] | None = Field(default=None, min_length=1, max_length=200)
    since: IsoDate | None = Field(default=None, description="First day; null: of the first month asked for 起始日")

    @model_validator(mode="after")
    def _names_one(self) -> ValueIn:
        if len(self.given()) != 1:
            raise ValueError("give one of value, choice, bands, table, members, day, mapping 须且只须给出一种取值")
        return self

    def given(self) -> dict[str, Any]:
        """The key of the value and what it holds."""
        whole = self.model_dump(exclude={"parameter", "since"})
        return {name: value for name, value in whole.items() if value is not None}


class ConditionIn(Body):
    """A condition to add. By its code alone: as another programme or another pack has it."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    test: Word | None = Field(default=None, description="How it is tested; null: the condition of that code 检验方式")
    column: Word | None = None
    columns: dict[Word, Word | None] | None = Field(default=None, max_length=20)
    any_of: list[Word] | None = Field(default=None, max_length=20)
    parameter: ParameterId | None = None
    label_zh: Words | None = Field(default=None, description="What must hold, in Chinese 条件名称")
    label_en: Words | None = Field(default=None, description="What must hold, in English 条件英文名称")


class ConditionChange(Body):
    """A condition of a programme, switched off or added."""

    programme: Programme
    drop: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")] | None = Field(
        default=None, description="Code of the condition to switch off 停用的条件"
    )
    add: ConditionIn | None = Field(default=None, description="A condition to add 增加的条件")

    @model_validator(mode="after")
    def _does_one(self) -> ConditionChange:
        if (self.drop is None) == (self.add is None):
            raise ValueError("either drop or add a condition 须指明停用或增加条件之一")
        return self


class DraftIn(Body):
    """Another law instead of the one in force."""

    pack: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = Field(
        default=None, description="The pack of another place 其他地区的政策包", examples=["110000"]
    )
    override: Yaml | None = Field(default=None, description="A district's file (anxiang.override.v1) as text 县区文件")
    sources: dict[FileName, Yaml] | None = Field(
        default=None, max_length=5, description="The documents that file quotes, by file name 文件原文"
    )
    snapshot: Json | None = Field(default=None, description="A pack's whole content as JSON 政策包全文")

    @model_validator(mode="after")
    def _is_one(self) -> DraftIn:
        if sum(each is not None for each in (self.pack, self.override, self.snapshot)) != 1:
            raise ValueError("give one of pack, override, snapshot 须且只须给出一种草案")
        if self.sources and self.override is None:
            raise ValueError("sources go with an override 原文须与县区文件同时提交")
        return self


class BudgetIn(Body):
    """A ceiling to hold the cost against."""

    amount: Annotated[YuanText, Field(ge=0)] = Field(description="Yuan 金额", examples=["1000000.00"])
    per: Literal["month", "total"] = Field(default="total", description="A month, or all months together 按月或合计")


class SimulationIn(Body):
    """Ask what a changed law would cost on the register as it is now 政策测算."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "region": "321202000000",
                    "first_month": "2026-10",
                    "programmes": ["longevity_allowance"],
                    "values": [
                        {
                            "parameter": "longevity_allowance.amount",
                            "bands": [
                                {"at_least": 80, "at_most": 89, "value": "80"},
                                {"at_least": 90, "at_most": 99, "value": "100"},
                                {"at_least": 100, "value": "300"},
                            ],
                        }
                    ],
                    "budget": {"amount": "1000000.00", "per": "month"},
                }
            ]
        }
    )

    region: Region
    first_month: AskedMonth = Field(description="First month 起始月份")
    last_month: AskedMonth | None = Field(default=None, description="Last month; null: the first alone 截止月份")
    programmes: list[Programme] | None = Field(
        default=None,
        min_length=1,
        max_length=50,
        description="Only these are shown; null: all of both laws. The others still count for what may be had together,"
        " as they are paid too 补贴项目:只列出这些项目;其他项目照常发放,叠加享受时一并计算",
    )
    values: list[ValueIn] = Field(default=[], max_length=100, description="Other values 调整的数值")
    conditions: list[ConditionChange] = Field(default=[], max_length=50, description="Other conditions 调整的条件")
    draft: DraftIn | None = Field(default=None, description="Another law; values and conditions change it 草案")
    assume_effective: IsoDate | None = Field(
        default=None, description="Since when documents count that say nothing of it 假定施行日期"
    )
    ignore_floors: bool = Field(default=False, description="Allow what the law's limits forbid 允许突破上下限")
    budget: BudgetIn | None = Field(default=None, description="A ceiling 预算上限")

    @model_validator(mode="after")
    def _bounded(self) -> SimulationIn:
        last = self.last_month or self.first_month
        if self.first_month > last:
            raise ValueError("the months are in order 月份须先后有序")
        if len(months(self.first_month, last)) > MOST_MONTHS:
            raise ValueError(f"at most {MOST_MONTHS} months at once 一次至多测算{MOST_MONTHS}个月")
        return self

    @property
    def months(self) -> list[Month]:
        """Every month asked for."""
        return months(self.first_month, self.last_month or self.first_month)


EXAMPLE: dict[str, JsonValue] = {
    "id": SIMULATION_ID,
    "region": "321202000000",
    "first_month": "2026-10",
    "last_month": "2026-10",
    "state": "queued",
    "created_by": "clerk-321202",
    "created_at": "2026-11-02T01:30:00Z",
}


class SimulationOut(Answer):
    """A simulation and how far it is 测算."""

    model_config = ConfigDict(frozen=True, from_attributes=True, json_schema_extra={"examples": [EXAMPLE]})

    id: UUID
    region: Region
    first_month: Month
    last_month: Month
    state: SimulationState = Field(description="Where it stands 状态")
    created_by: str = Field(description="Who asked 发起人")
    created_at: Moment
    finished_at: Moment | None = None
    kept_until: date | None = Field(default=None, description="Then it is deleted 保存期限")
    total: int | None = Field(default=None, description="Parts to work out; null while not planned 分项总数")
    done: int = Field(default=0, description="Parts worked out 已完成分项")
    error: str | None = Field(default=None, description="Why it failed 失败原因")

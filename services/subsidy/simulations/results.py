"""What a simulation answers. A count of few people is ``"<5"`` to whoever may not read lines, and its sum is null."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.subsidy.schemas import Answer, Programme
from services.subsidy.simulations.schemas import EXAMPLE, SimulationOut
from shared.clock import Month
from shared.money import Yuan
from shared.regions import RegionShown

Count = Annotated[int | str, Field(description="People; <5 where there are few 人数", examples=[120])]
Sum = Annotated[Yuan | None, Field(description="Yuan; null where there are few people 金额")]


class FiguresOut(Answer):
    """Cost and people, today and as changed 对比结果."""

    today: Sum = Field(description="Cost under the law in force 现行费用")
    changed: Sum = Field(description="Cost under the changed law 调整后费用")
    difference: Sum = Field(description="What the change costs; negative when it saves 差额")
    paid_today: Count = Field(description="People paid today 现行享受人数")
    paid_changed: Count = Field(description="People paid as changed 调整后享受人数")
    gaining: Count = Field(description="Paid more than today 待遇提高人数")
    gaining_sum: Sum = Field(description="By how much 提高金额")
    losing: Count = Field(description="Paid less than today 待遇降低人数")
    losing_sum: Sum = Field(description="By how much 降低金额")
    unchanged: Count = Field(description="Paid the same 待遇不变人数")
    newly: Count = Field(description="Paid only as changed 新增享受人数")
    newly_sum: Sum = Field(description="What they get 新增金额")
    no_longer: Count = Field(description="Paid only today 不再享受人数")
    no_longer_sum: Sum = Field(description="What they lose 减少金额")


class NameOut(Answer):
    """A name in both languages 名称."""

    zh: str
    en: str


class CellOut(FiguresOut):
    """A district, programme and month 分地区分项目分月."""

    district: RegionShown = Field(description="A county 县级区划代码")
    district_name: str = Field(description="Its name 区划名称")
    programme: Programme
    programme_name: NameOut
    form: str = Field(description="cash 现金, in_kind 实物或服务, voucher 服务券")
    status: str = Field(description="draft where either law is a draft for comment 征求意见稿, otherwise in_force 现行")
    month: Month


class AgeOut(FiguresOut):
    """A programme's people of an age 分年龄段."""

    programme: Programme
    age_from: int | None = Field(description="null: the date of birth is not on record 年龄自")
    age_to: int | None = Field(description="null: no upper end 年龄至")


class LevelFiguresOut(FiguresOut):
    """A programme's people of a level of care or ability 分护理等级."""

    programme: Programme
    level: str | None = Field(description="null: not in the facts of this programme 等级代码")
    level_name: NameOut | None = None


class WhyOut(Answer):
    """An outcome with its reason 结果与原因."""

    outcome: str | None
    reason: str | None
    text: NameOut | None = Field(default=None, description="The reason in words 原因")


class ReasonOut(Answer):
    """People judged for another reason than today 原因变化."""

    programme: Programme
    today: WhyOut
    changed: WhyOut
    people: Count
    difference: Sum


class SilenceOut(Answer):
    """A side that answers nobody about a programme, and why 不作答的一方."""

    programme: Programme
    side: str = Field(description="today or changed 现行或调整后")
    why: WhyOut
    months: list[Month]
    districts: list[RegionShown]


class OverOut(Answer):
    """A cost beside the budget 预算比较."""

    month: Month | None = Field(description="null: all months together 月份")
    cost: Sum
    over: bool | None = Field(description="Whether the budget is exceeded 是否超出")
    over_by: Sum


class BudgetOut(Answer):
    """The budget, and what exceeds it 预算."""

    amount: Yuan
    per: str
    over: bool | None = Field(description="Whether it is exceeded anywhere 是否超出")
    costs: list[OverOut]


class LawOut(Answer):
    """A law of the simulation 政策."""

    region: RegionShown
    name: NameOut
    hash: str
    status: str = Field(description="in_force or draft 状态")
    sample: bool = Field(description="A demonstration's invented figures are in it 是否演示样例")
    side: str = Field(description="today or changed 现行或调整后")


class ResultOut(Answer):
    """What the change would cost 测算结果."""

    total: FiguresOut
    cells: list[CellOut]
    ages: list[AgeOut]
    levels: list[LevelFiguresOut]
    reasons: list[ReasonOut]
    silences: list[SilenceOut]
    budget: BudgetOut | None = None
    laws: list[LawOut]
    limits_ignored: list[NameOut] = Field(description="Limits of the law that the values break 被突破的上下限")
    assumed_effective: dict[str, date] = Field(description="Documents whose effective date is assumed 假定施行日期")
    unfinished_months: list[Month] = Field(description="Months that are not over: facts may change 未结束的月份")


class SimulationDetail(SimulationOut):
    """A simulation with what was asked and, when it is done, its result."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE | {"asked": {}, "result": None}]})

    asked: dict[str, Any] = Field(description="The request; texts of drafts are left out 请求内容")
    result: ResultOut | None = Field(default=None, description="null until it is done 结果")

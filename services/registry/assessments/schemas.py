"""Request and response shapes of ability assessments 能力评估."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StrictBool

from services.registry.abilities.domain import Reason, RiskEvent
from services.registry.assessments.scale import load_scale
from services.registry.schemas import Answer, Body, Day
from shared.numbers import Integer
from shared.text import NameText
from shared.workflow import person

MOST_POINTS = 100
Count = Annotated[int, Integer(0, 99)]
Scores = dict[
    Annotated[str, Field(max_length=16, pattern=r"^[A-Za-z0-9._-]*$")],
    Annotated[int, Integer(-MOST_POINTS, MOST_POINTS)],
]
"""A score outside of an item's own range is refused by the scale, which knows it."""


def _distinct(names: list[str]) -> list[str]:
    if len({person(name) for name in names}) < len(names):
        raise ValueError("the same assessor twice 评估员重复")
    return names


Assessors = Annotated[list[NameText], AfterValidator(_distinct), Field(min_length=1, max_length=5)]
"""The names that the form prints; who puts it on file is known by the token."""
Occasion = Literal["first", "regular", "change_of_condition", "review", "other"]


class FindingsIn(Body):
    """What may change the level 等级变更依据."""

    coma: StrictBool = Field(default=False, description="A.5.11 昏迷")
    mental_disorder: StrictBool = Field(
        default=False,
        description="Dementia or another diagnosed mental or behavioural disorder, A.4.1 痴呆、精神和行为障碍",
    )
    risk_events: dict[RiskEvent, Count] = Field(
        default={},
        max_length=len(RiskEvent),
        description="Care risk events of the last 30 days with their number, A.2.14 照护风险事件",
    )


class AssessmentIn(Body):
    """An assessment form (GB/T 42195-2022): 26 items, and what may change the level 能力评估表."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "assessed_on": "2026-10-01",
                    "organization_id": "01980000-0000-7000-8000-0000000000d1",
                    "assessors": ["李评估", "王评估"],
                    "occasion": "first",
                    "scores": {item.code: item.maximum - 1 for item in load_scale().items},
                    "findings": {"risk_events": {"fall": 2}},
                }
            ]
        }
    )

    assessed_on: Day = Field(description="评估日期")
    organization_id: UUID = Field(description="The assessing body 评估机构")
    assessors: Assessors = Field(description="As the form prints them 评估员")
    occasion: Occasion = Field(description="首次、常规、即时、复评、其他 评估原因")
    scores: Scores = Field(max_length=100, description="Item code to score; every item once 指标得分")
    findings: FindingsIn = FindingsIn()
    replaces: UUID | None = Field(default=None, description="An assessment that this one corrects 更正的评估")


class AssessmentOut(Answer):
    """A result: the level by score, the final level, and why they differ 评估结果."""

    assessment_id: UUID
    senior_id: UUID
    scale: str = Field(examples=["gbt42195-2022"])
    organization_id: UUID = Field(description="评估机构")
    assessors: list[str] = Field(description="评估员")
    occasion: str = Field(description="评估原因")
    assessed_on: date = Field(description="评估日期")
    scores: dict[str, int] = Field(description="指标得分")
    total: int = Field(description="0 to 90, more is abler 总分")
    initial_level: int = Field(description="By score alone 初步等级")
    final_level: int = Field(description="After changes 最终等级")
    final_level_name: str = Field(description="最终等级名称", examples=["能力轻度受损(轻度失能)"])
    reasons: list[Reason] = Field(description="Why they differ 等级变更依据")
    recorded_at: datetime = Field(description="登记时间")
    recorded_by: str = Field(description="登记人")
    superseded_at: datetime | None = Field(description="When a correction replaced it; null: in force 被更正时间")


class ItemOut(Answer):
    """One item of the scale 评估指标."""

    code: str
    group: str = Field(description="一级指标")
    zh: str
    en: str
    maximum: int = Field(description="满分")


class BandOut(Answer):
    """A level and the totals it covers 能力等级."""

    level: int
    zh: str
    en: str
    lowest: int
    highest: int


class ScaleOut(Answer):
    """The scale in use: for forms 评估量表."""

    name: str
    items: list[ItemOut]
    bands: list[BandOut]

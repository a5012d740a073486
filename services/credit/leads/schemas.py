"""Leads as they are shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.credit.leads.models import Lead
from services.credit.shapes import Body, example
from shared.regions import Region
from shared.text import LongText

LeadStatus = Literal["open", "cleared", "used", "dismissed"]


class LeadOut(BaseModel):
    """Evidence that a person should look at; never a penalty by itself 线索."""

    lead_id: UUID
    region: Region
    subject_id: UUID = Field(description="Organisation concerned 涉及机构")
    source: Literal["meal_delivery", "recovery", "application"] = Field(description="Kind of the fact behind it 来源")
    source_id: UUID = Field(description="The delivery, the recovery or the application 来源编号")
    kind: str = Field(description="What happened 线索类别", examples=["delivery_rejected"])
    occurred_on: date = Field(description="When it happened 发生日期")
    evidence: dict[str, Any] = Field(
        description="As the other service reported it 证据", examples=[{"reasons": ["senior_deceased"]}]
    )
    status: LeadStatus = Field(description="待处理、已排除、已立案、已关闭")
    found_good: bool = Field(description="A later decision found nothing wrong 后续核验通过")
    entry_id: UUID | None = Field(description="The list entry that uses it 对应名单事项")
    closed_by: str | None
    closed_reason: str | None
    recorded_at: datetime

    @classmethod
    def of(cls, lead: Lead) -> LeadOut:
        """From its row."""
        return cls.model_validate(lead, from_attributes=True)


class Dismissal(Body):
    """Why a lead is closed without a case 关闭线索."""

    model_config = example(reason="经核实为设备时间错误,不属于虚假记录。")

    reason: LongText

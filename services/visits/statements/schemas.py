"""Shapes of statements 对账单."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from shared.clock import Month


class Count(BaseModel):
    """Deliveries and meals of one status."""

    deliveries: int = Field(description="送餐次数", examples=[612])
    meals: int = Field(description="餐数", examples=[618])


class StatementOut(BaseModel):
    """One vendor's month, as far as the caller may see it 助餐机构月度对账单."""

    vendor_id: UUID
    vendor_name: str | None = Field(description="null until the registry has told us 机构名称")
    month: Month
    verified: Count = Field(description="What counts 核验通过")
    flagged: Count = Field(description="Waiting for a person's look 待复核")
    rejected: Count = Field(description="What does not count 核验不通过")

"""What verification said of a meal delivery. Facts: never changed, a reversal undoes an earlier one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.base import Code, Event, Region, SeniorId, known

_EXAMPLE: dict[str, Any] = {
    "delivery_id": "019a4c00-0000-7000-8000-00000000001e",
    "vendor_id": "019a4c00-0000-7000-8000-00000000000a",
    "event_id": "A-20261009-000123",
    "sequence": 1,
    "senior_id": "019a4c00-0000-7000-8000-000000000001",
    "region": "321202001000",
    "service_date": "2026-10-09",
    "delivered_at": "2026-10-09T03:40:00Z",
    "meals": 1,
    "evidence_grade": "B",
}

DeliveryId = Annotated[UUID, Field(description="The delivery 送餐记录")]
VendorId = Annotated[UUID, Field(description="The organisation that delivered 助餐机构")]
Sequence = Annotated[int, Field(ge=0, description="Rises with every decision on this delivery 判定序号")]
ServiceDate = Annotated[date, Field(description="The day it counts for, Asia/Shanghai 服务日期")]
Reasons = Annotated[tuple[Code, ...], Field(min_length=1, description="Codes of the rules that spoke 判定原因代码")]


class MealDelivery(Event):
    """What all decisions on a delivery carry 送餐核验."""

    delivery_id: DeliveryId
    vendor_id: VendorId
    event_id: str = Field(
        min_length=1, max_length=128, description="The vendor's own id of the delivery 机构端事件编号"
    )
    sequence: Sequence
    senior_id: SeniorId
    region: Region
    service_date: ServiceDate
    delivered_at: datetime = Field(description="When it was handed over 送达时间")
    meals: int = Field(ge=1, description="How many meals 餐数")
    evidence_grade: Annotated[str, known("A", "B", "C", "D")] = Field(
        description="Strength of the evidence, A is best 证据等级"
    )

    def key(self) -> str:
        """The senior."""
        return str(self.senior_id)


class MealDeliveryVerified(MealDelivery):
    """The delivery counts 送餐核验通过."""

    TYPE = "cn.anxiang.visits.meal-delivery.verified.v1"
    TOPIC = "visits.services"
    EXAMPLE: ClassVar[dict[str, Any]] = _EXAMPLE


class MealDeliveryFlagged(MealDelivery):
    """A person has to look at the delivery; it does not count yet 送餐记录存疑."""

    TYPE = "cn.anxiang.visits.meal-delivery.flagged.v1"
    TOPIC = "visits.services"
    EXAMPLE: ClassVar[dict[str, Any]] = _EXAMPLE | {"evidence_grade": "C", "reasons": ["weak_location"]}

    reasons: Reasons


class MealDeliveryRejected(MealDelivery):
    """The delivery does not count 送餐核验不通过."""

    TYPE = "cn.anxiang.visits.meal-delivery.rejected.v1"
    TOPIC = "visits.services"
    EXAMPLE: ClassVar[dict[str, Any]] = _EXAMPLE | {"evidence_grade": "D", "reasons": ["senior_deceased"]}

    reasons: Reasons


class MealDeliveryReversed(Event):
    """A delivery that counted no longer does: undoes an earlier verified one 送餐核验撤销."""

    TYPE = "cn.anxiang.visits.meal-delivery.reversed.v1"
    TOPIC = "visits.services"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        name: _EXAMPLE[name] for name in ("delivery_id", "vendor_id", "senior_id", "region", "service_date")
    } | {"sequence": 2, "reason": "corrected_by_vendor"}

    delivery_id: DeliveryId
    vendor_id: VendorId
    senior_id: SeniorId
    region: Region
    service_date: ServiceDate
    sequence: Sequence
    reason: str = Field(min_length=1, max_length=2000, description="Why 撤销原因")
    reasons: tuple[Code, ...] = Field(default=(), description="Codes of the rules that speak now 现有判定原因代码")

    def key(self) -> str:
        """The senior."""
        return str(self.senior_id)

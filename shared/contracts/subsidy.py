"""What happened to money: paid, came back, claimed back. Amounts in fen 分."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field

from shared.clock import Month
from shared.contracts.base import Code, Event, Region, known

LineId = Annotated[UUID, Field(description="The payment line 发放明细")]
BatchId = Annotated[UUID, Field(description="The payment batch 发放批次")]
BeneficiaryId = Annotated[UUID, Field(description="Senior or organisation that the money is for 补贴对象")]
Programme = Annotated[Code, Field(description="Code of the subsidy 补贴项目", examples=["meal-subsidy"])]
ForMonth = Annotated[Month, Field(description="The month it is for, Asia/Shanghai 所属月份")]
Fen = Annotated[int, Field(gt=0, description="Amount in fen 金额(分)")]

_EXAMPLE: dict[str, Any] = {
    "line_id": "019a4c00-0000-7000-8000-000000000028",
    "batch_id": "019a4c00-0000-7000-8000-000000000029",
    "beneficiary_id": "019a4c00-0000-7000-8000-000000000001",
    "programme": "longevity-allowance",
    "month": "2026-10",
    "amount_fen": 5000,
}


class Payment(Event):
    """What every message about a payment line carries 补贴发放明细."""

    line_id: LineId
    batch_id: BatchId
    beneficiary_id: BeneficiaryId
    programme: Programme
    month: ForMonth
    amount_fen: Fen

    def key(self) -> str:
        """Whom the money is for."""
        return str(self.beneficiary_id)


class PaymentSettled(Payment):
    """The bank paid the line 补贴发放成功."""

    TYPE = "cn.anxiang.subsidy.payment.settled.v1"
    TOPIC = "subsidy.payments"
    EXAMPLE: ClassVar[dict[str, Any]] = _EXAMPLE | {"beneficiary_kind": "senior", "settled_on": "2026-11-05"}

    beneficiary_kind: Annotated[str, known("senior", "organization")] = Field(description="老年人或机构")
    settled_on: date = Field(description="Value date of the bank 到账日期")


class PaymentReturned(Payment):
    """The bank could not pay the line 补贴发放退票."""

    TYPE = "cn.anxiang.subsidy.payment.returned.v1"
    TOPIC = "subsidy.payments"
    EXAMPLE: ClassVar[dict[str, Any]] = _EXAMPLE | {"reason_code": "wrong_account"}

    reason_code: Code = Field(description="Why, as a code 退票原因代码")


class RecoveryOpened(Event):
    """Money was paid that was not due and is claimed back 追回立项."""

    TYPE = "cn.anxiang.subsidy.recovery.opened.v1"
    TOPIC = "subsidy.payments"
    EXAMPLE: ClassVar[dict[str, Any]] = {k: v for k, v in _EXAMPLE.items() if k != "batch_id"} | {
        "recovery_id": "019a4c00-0000-7000-8000-00000000002a",
        "reason": "died_before_month",
    }

    recovery_id: UUID = Field(description="The recovery 追回编号")
    line_id: Annotated[LineId, Field(description="The line that it corrects 被更正的发放明细")]
    beneficiary_id: BeneficiaryId
    programme: Programme
    month: ForMonth
    amount_fen: Fen
    reason: str = Field(min_length=1, max_length=2000, description="Why 追回原因")

    def key(self) -> str:
        """Whom the money was for."""
        return str(self.beneficiary_id)


class ApplicationDisputed(Event):
    """An application says what the register or a verified record contradicts 申请内容存疑."""

    TYPE = "cn.anxiang.subsidy.application.disputed.v1"
    TOPIC = "subsidy.applications"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "application_id": "019a4c00-0000-7000-8000-00000000002b",
        "beneficiary_id": "019a4c00-0000-7000-8000-00000000000a",
        "programme": "construction_subsidy",
        "region": "321202000000",
        "month": "2026-10",
        "columns": ["approved_beds"],
        "sequence": 1,
    }

    application_id: UUID = Field(description="The application 申请编号")
    beneficiary_id: BeneficiaryId
    programme: Programme
    region: Region
    month: ForMonth
    columns: tuple[Code, ...] = Field(min_length=1, description="What is contradicted 存疑项")
    sequence: int = Field(ge=1, description="Rises with every finding; the higher one wins 序号")

    def key(self) -> str:
        """The application."""
        return str(self.application_id)

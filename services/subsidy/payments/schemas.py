"""Shapes of payment batches."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field

from services.subsidy.payments.domain import BatchState, ItemState
from services.subsidy.payments.paymentfile import Encoding
from services.subsidy.schemas import BATCH_ID, LINE_ID, RUN_ID, SENIOR_ID, Answer, Body, Moment, Programme, SubjectKind
from shared.clock import Month
from shared.money import Yuan


def _month(value: Any) -> Any:  # noqa: ANN401  # a date from a row, or text
    return Month.of(value) if isinstance(value, date) else value


RowMonth = Annotated[Month, BeforeValidator(_month)]


class BatchIn(Body):
    """Prepare a payment file."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"batch_id": BATCH_ID, "encoding": "gb18030"}]})

    batch_id: UUID | None = Field(
        default=None, description="Made by the client, so that a repeat makes no second batch 批次编号"
    )
    encoding: Encoding = Field(default="gb18030", description="Of the file 文件编码")


class BatchOut(Answer):
    """A payment batch 支付批次."""

    model_config = ConfigDict(
        frozen=True,
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "id": BATCH_ID,
                    "run_id": RUN_ID,
                    "month": "2026-10",
                    "number": 1,
                    "state": "ready",
                    "encoding": "gb18030",
                    "rows": 2,
                    "amount": "150.00",
                    "no_account": 0,
                    "sha256": "ab" * 32,
                    "created_by": "clerk-321202",
                    "created_at": "2026-11-02T01:30:00Z",
                    "prepared_at": "2026-11-02T01:30:05Z",
                    "error": None,
                }
            ]
        },
    )

    id: UUID
    run_id: UUID
    month: RowMonth
    number: int = Field(description="1, 2, … within the run 序号")
    state: BatchState = Field(description="preparing 准备中, ready 待回盘, closed 已全部回盘, failed 失败")
    encoding: Encoding
    rows: int | None = Field(default=None, description="Rows of the file 笔数")
    amount: Yuan | None = Field(default=None, validation_alias="amount_fen", description="Sum of the file 总金额")
    no_account: int | None = Field(default=None, description="Lines left out: no bank account 无账户笔数")
    sha256: str | None = Field(default=None, description="Of the whole file 文件摘要")
    created_by: str
    created_at: Moment
    prepared_at: Moment | None = None
    error: str | None = None


class ItemOut(Answer):
    """One row of a batch, without the account 支付明细."""

    model_config = ConfigDict(
        frozen=True,
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "sequence": 1,
                    "line_id": LINE_ID,
                    "programme": "longevity_allowance",
                    "beneficiary_kind": "senior",
                    "beneficiary_id": SENIOR_ID,
                    "amount": "50.00",
                    "state": "returned",
                    "code": "E05",
                    "answered_on": "2026-11-05",
                }
            ]
        },
    )

    sequence: int
    line_id: UUID
    programme: Programme
    beneficiary_kind: SubjectKind
    beneficiary_id: UUID
    amount: Yuan = Field(validation_alias="amount_fen")
    state: ItemState = Field(
        description="sent 已发送, settled 成功, returned 退票, confirmed 已确认重发, no_account 无账户"
    )
    code: str | None = Field(default=None, description="The bank's code 银行返回码")
    answered_on: date | None = None


class ReturnOut(Answer):
    """What a return file brought 回盘结果."""

    model_config = ConfigDict(
        frozen=True,
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "batch_id": BATCH_ID,
                    "sha256": "cd" * 32,
                    "rows": 2,
                    "settled": 1,
                    "returned": 1,
                    "received_by": "clerk-321202",
                    "received_at": "2026-11-05T01:30:00Z",
                }
            ]
        },
    )

    batch_id: UUID
    sha256: str
    rows: int = Field(description="Rows of the file 笔数")
    settled: int = Field(description="Newly known as paid 新增成功")
    returned: int = Field(description="Newly known as failed 新增退票")
    received_by: str
    received_at: Moment


class ConfirmIn(Body):
    """Which returned rows may go out again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"line_ids": [LINE_ID]}]})

    line_ids: list[UUID] | None = Field(
        default=None, min_length=1, max_length=10_000, description="null: all returned rows of the batch 退票明细"
    )


class ConfirmOut(Answer):
    """How many rows wait for the next batch."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"confirmed": 1}]})

    confirmed: int

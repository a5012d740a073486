"""Shapes of payment batches."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field

from services.subsidy.payments.domain import BatchState, ItemState, Result
from services.subsidy.payments.paymentfile import Encoding
from services.subsidy.schemas import BATCH_ID, LINE_ID, RUN_ID, SENIOR_ID, Answer, Body, Moment, Programme, SubjectKind
from shared.clock import Month
from shared.money import Yuan
from shared.text import ShortText


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
                    "held": 1,
                    "held_amount": "60.00",
                    "sha256": "ab" * 32,
                    "created_by": "clerk-321202",
                    "created_at": "2026-11-02T01:30:00Z",
                    "prepared_at": "2026-11-02T01:30:05Z",
                    "given_at": None,
                    "error": None,
                }
            ]
        },
    )

    id: UUID
    run_id: UUID
    month: RowMonth
    number: int = Field(description="1, 2, … within the run 序号")
    state: BatchState = Field(
        description="preparing 准备中, ready 待回盘, closed 已全部回盘, failed 失败, withdrawn 已撤回"
    )
    encoding: Encoding
    rows: int | None = Field(default=None, description="Rows of the file 笔数")
    amount: Yuan | None = Field(default=None, validation_alias="amount_fen", description="Sum of the file 总金额")
    no_account: int | None = Field(default=None, description="Lines left out: no bank account 无账户笔数")
    held: int | None = Field(default=None, description="Lines left out: something came up since approval 暂缓笔数")
    held_amount: Yuan | None = Field(default=None, validation_alias="held_fen", description="Sum of these 暂缓金额")
    sha256: str | None = Field(default=None, description="Of the whole file 文件摘要")
    created_by: str
    created_at: Moment
    prepared_at: Moment | None = None
    given_at: Moment | None = Field(default=None, description="When its file was first downloaded 首次下载时间")
    error: str | None = None


class WordsOut(Answer):
    """The same in both languages."""

    zh: str
    en: str


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
        description="sent 已发送, settled 成功, returned 退票, confirmed 已确认重发, "
        "disputed 回盘矛盾待核实, arrived 核实已到账, no_account 无账户, held 暂缓"
    )
    code: str | None = Field(
        default=None, description="The bank's code, or why the row is held 银行返回码或暂缓原因代码"
    )
    reason: WordsOut | None = Field(default=None, description="In words, of a held row 暂缓原因")
    answered_on: date | None = None


class FlaggedOut(Answer):
    """A row of which the bank says something else than before; both answers are kept."""

    sequence: int
    line_id: UUID
    code: str | None
    result: Result = Field(
        description="late_return: settled first, returned now; waits for a confirmation 迟到退票待确认. "
        "contradiction: returned first, settled now; waits for a person's finding 先退票后成功待核实"
    )


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
                    "rows": 3,
                    "settled": 1,
                    "returned": 1,
                    "late": 1,
                    "contradictions": 0,
                    "flagged": [{"sequence": 3, "line_id": LINE_ID, "code": "E05", "result": "late_return"}],
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
    late: int = Field(default=0, description="Settled before, returned now 迟到退票")
    contradictions: int = Field(default=0, description="Returned before, settled now 回盘矛盾")
    flagged: list[FlaggedOut] = Field(default=[], description="The rows of both, the first 1,000 需处理明细")
    received_by: str
    received_at: Moment


class FindingIn(Body):
    """What a person found about rows that the bank returned first and called settled later."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"line_ids": [LINE_ID], "paid": True, "document_no": "银函〔2026〕3号"}]}
    )

    line_ids: list[UUID] = Field(min_length=1, max_length=10_000, description="Disputed rows 争议明细")
    paid: bool = Field(description="Whether the money arrived 是否到账")
    document_no: ShortText = Field(description="What the bank wrote 银行证明文号")


class FindingOut(Answer):
    """How many rows were decided on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"found": 1}]})

    found: int


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

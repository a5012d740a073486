"""Shapes of recoveries."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from services.subsidy.recoveries.domain import RequestKind, RequestState, ShownKind
from services.subsidy.schemas import (
    LINE_ID,
    RECOVERY_ID,
    RUN_ID,
    SENIOR_ID,
    Answer,
    Body,
    Moment,
    Programme,
    SubjectKind,
)
from shared.clock import Month
from shared.money import Yuan, YuanText
from shared.regions import Region
from shared.text import LongText, ShortText


def _month(value: Any) -> Any:  # noqa: ANN401  # a date from a row, or text
    return Month.of(value) if isinstance(value, date) else value


class EntryIn(Body):
    """Money that came back, is taken off another line, or is given up by decision."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "repaid", "amount": "50.00", "document_no": "财收〔2026〕12号", "note": "家属已退回"}]
        }
    )

    kind: Literal["repaid", "waived", "waiver_withdrawn", "offset"] = Field(
        description="repaid 退回, waived 核销, waiver_withdrawn 撤销核销, offset 抵扣"
    )
    amount: Annotated[YuanText, Field(gt=0)]
    line_id: UUID | None = Field(default=None, description="For an offset: the unpaid line it is taken off 抵扣明细")
    document_no: ShortText | None = Field(default=None, description="Receipt, or the decision to waive 凭证或决定文号")
    note: LongText | None = None

    @model_validator(mode="after")
    def _names_its_ground(self) -> EntryIn:
        if (self.kind == "offset") != (self.line_id is not None):
            raise ValueError("an offset, and nothing else, names the line it is taken off 抵扣须指明明细")
        if self.kind != "offset" and self.document_no is None:
            raise ValueError("a repayment names its receipt, a waiver its decision 退回须有凭证,核销须有决定文号")
        return self


class RecoveryRefusal(Body):
    """Nothing is entered, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "凭证与金额不符"}]})

    reason: LongText = Field(description="Why 理由")


class EntryOut(Answer):
    """An entry of the ledger 台账记录."""

    model_config = ConfigDict(frozen=True, from_attributes=True, populate_by_name=True)

    id: UUID
    kind: ShownKind
    amount: Yuan = Field(validation_alias="amount_fen", description="Positive opens, negative closes 金额")
    line_id: UUID | None = None
    document_no: str | None = None
    note: str | None = None
    recorded_by: str
    confirmed_by: str | None = Field(default=None, description="The second person 复核人")
    recorded_at: Moment


class RequestOut(Answer):
    """An entry that was asked for; it counts once a second person confirmed it 待复核登记."""

    id: UUID
    kind: RequestKind
    state: RequestState = Field(description="proposed 待复核, confirmed 已确认, refused 未通过")
    amount: Yuan = Field(validation_alias="amount_fen")
    line_id: UUID | None = None
    document_no: str | None = None
    note: str | None = None
    requested_by: str
    requested_at: Moment
    decided_by: str | None = None
    decided_at: Moment | None = None
    decision_reason: str | None = None


_RECOVERY: dict[str, JsonValue] = {
    "id": RECOVERY_ID,
    "line_id": "019ad0c6-0000-7000-8000-000000000001",
    "corrects_line_id": LINE_ID,
    "run_id": RUN_ID,
    "region": "321202001000",
    "programme": "longevity_allowance",
    "month": "2026-10",
    "beneficiary_kind": "senior",
    "beneficiary_id": SENIOR_ID,
    "senior_id": SENIOR_ID,
    "reason": "died_before_month",
    "opened_at": "2026-12-02T01:30:00Z",
    "amount": "50.00",
    "balance": "50.00",
    "netted": "0.00",
}
_ENTRY: dict[str, JsonValue] = {
    "id": "019ad0c6-0000-7000-8000-000000000002",
    "kind": "opened",
    "amount": "50.00",
    "recorded_by": "approver-321202",
    "recorded_at": "2026-12-02T01:30:00Z",
}
_REQUEST: dict[str, JsonValue] = {
    "id": "019ad0c6-0000-7000-8000-000000000003",
    "kind": "repaid",
    "state": "proposed",
    "amount": "50.00",
    "document_no": "财收〔2026〕12号",
    "requested_by": "clerk-321202",
    "requested_at": "2026-12-03T01:30:00Z",
}


class RecoveryOut(Answer):
    """Money that was paid and not due 追缴."""

    model_config = ConfigDict(
        frozen=True,
        from_attributes=True,
        json_schema_extra={"examples": [_RECOVERY]},
    )

    id: UUID
    line_id: UUID = Field(description="The recovery line 追缴明细")
    corrects_line_id: UUID = Field(description="The line that paid too much 被更正明细")
    run_id: UUID
    region: Region
    programme: Programme
    month: Annotated[Month, BeforeValidator(_month)]
    beneficiary_kind: SubjectKind
    beneficiary_id: UUID
    senior_id: UUID | None = None
    reason: str
    opened_at: Moment
    amount: Yuan = Field(description="What was taken back at first 应追金额")
    balance: Yuan = Field(description="What is still owed 未追回余额")
    netted: Yuan = Field(
        description="What needs no claim: it never went out, came back from the bank, or is due again 无须追缴金额"
    )


class RecoveryDetail(RecoveryOut):
    """A recovery with its ledger."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_RECOVERY | {"entries": [_ENTRY], "requests": [_REQUEST]}]}
    )

    entries: list[EntryOut] = Field(description="amount = balance + netted + what the entries closed 台账记录")
    requests: list[RequestOut] = Field(description="What was asked to be entered 登记申请")

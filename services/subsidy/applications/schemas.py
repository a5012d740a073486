"""Shapes of applications."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from services.subsidy.applications.columns import Type
from services.subsidy.applications.domain import ApplicationState, Channel
from services.subsidy.schemas import APPLICATION_ID, INSTITUTION_ID, Answer, Body, Moment, Programme
from shared.clock import AskedMonth, Month
from shared.contracts.registry import WorkerKey
from shared.numbers import DIGITS
from shared.regions import Region
from shared.text import Code, LongText, ShortText, is_text

MOST_ROWS, MOST_DOCUMENTS = 400, 50
Column = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
LONGEST = 100


def _fact(value: Any) -> Any:  # noqa: ANN401  # whatever the client sent
    if value is None or (isinstance(value, int) and abs(value) < 10**DIGITS):
        return value
    if isinstance(value, str) and len(value) <= LONGEST and is_text(value):
        return value
    en, zh = "A fact is true or false, a whole number, or a short text", "应为 true 或 false、整数或简短文本"
    raise PydanticCustomError("fact", en, {"zh": zh})


Value = Annotated[
    bool | int | str | None,
    PlainValidator(_fact),
    WithJsonSchema({"type": ["boolean", "integer", "string", "null"], "maxLength": LONGEST}),
]
Row = Annotated[
    dict[Column, Value],
    Field(
        max_length=100,
        description="Facts by column, see /v1/application-forms; dates, codes and yuan as text 申请事实",
    ),
]


def _month(value: Any) -> Any:  # noqa: ANN401  # a date from a row, or text
    return Month.of(value) if isinstance(value, date) else value


RowMonth = Annotated[Month, BeforeValidator(_month)]


class Document(Body):
    """A document that proves what the rows say; a scan of the paper, when it came in on paper."""

    reference: ShortText = Field(description="Where it is kept 存放位置", examples=["档案2026-1012"])
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of the file 文件摘要")


_BEDS: dict[str, JsonValue] = {"bed_type": "nursing", "approved_beds": 40, "tenure": "own", "opened_on": "2025-03-01"}
_APPLICATION: dict[str, JsonValue] = {
    "programme": "construction_subsidy",
    "senior_id": None,
    "organization_id": INSTITUTION_ID,
    "worker_ref": None,
    "worker_key": None,
    "first_month": "2026-10",
    "last_month": "2026-10",
    "rows": [_BEDS],
    "documents": [{"reference": "档案2026-1012", "sha256": "ab" * 32}],
    "channel": "offline",
    "note": None,
}


class ApplicationIn(Body):
    """Apply for a programme whose facts nobody else tells."""

    model_config = ConfigDict(json_schema_extra={"examples": [_APPLICATION]})

    programme: Programme
    senior_id: UUID | None = Field(default=None, description="For whom 老年人")
    organization_id: UUID | None = Field(
        default=None, description="The organisation that benefits, is paid, or employs the worker 机构"
    )
    worker_ref: Code | None = Field(
        default=None, description="The worker's number in its institution, a remark 从业人员编号"
    )
    worker_key: WorkerKey | None = Field(
        default=None, description="The worker, as the registry's /v1/worker-keys tells 从业人员标识"
    )
    first_month: AskedMonth = Field(description="First month applied for 起始月份")
    last_month: AskedMonth | None = Field(
        default=None, description="Last month; null: until ended, or the same month for what is paid once 截止月份"
    )
    rows: list[Row] = Field(min_length=1, max_length=MOST_ROWS)
    documents: list[Document] = Field(default=[], max_length=MOST_DOCUMENTS, description="Evidence 佐证材料")
    channel: Channel = Field(
        default=Channel.ONLINE, description="offline: an agent took it on paper, with a scan as evidence 申请渠道"
    )
    note: LongText | None = Field(default=None, description="Remark 备注")

    @model_validator(mode="after")
    def _paper_has_a_scan(self) -> ApplicationIn:
        if self.channel is Channel.OFFLINE and not self.documents:
            raise ValueError("an application on paper names its scan 线下申请须附扫描件")
        return self


class Remark(Body):
    """A remark on accepting an application."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "材料齐全,核实无误"}]})

    reason: LongText | None = Field(default=None, description="Remark 审核意见")


class Why(Body):
    """Why an application is refused or withdrawn."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "核定床位与备案不符"}]})

    reason: LongText = Field(description="Why 原因")


class EndIn(Body):
    """From which month on an application no longer counts."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"from_month": "2027-01", "reason": "已入住养老机构"}]})

    from_month: AskedMonth = Field(description="First month without it 停止月份")
    reason: LongText = Field(description="Why 原因")


class ApplicationOut(Answer):
    """An application 申请."""

    model_config = ConfigDict(
        frozen=True,
        from_attributes=True,
        json_schema_extra={
            "examples": [
                _APPLICATION
                | {"id": APPLICATION_ID, "version": 1, "region": "321202001000", "state": "submitted"}
                | {"submitted_by": "clerk-321202", "submitted_at": "2026-11-02T01:30:00Z"}
            ]
        },
    )

    id: UUID
    version: int = Field(description="Also the ETag 版本")
    region: Region
    programme: Programme
    senior_id: UUID | None = None
    organization_id: UUID | None = None
    worker_ref: str | None = None
    worker_key: str | None = None
    first_month: RowMonth
    last_month: RowMonth | None = None
    rows: list[Row]
    documents: list[Document]
    channel: Channel
    note: str | None = None
    state: ApplicationState = Field(
        description="submitted 待审核, accepted 已通过, refused 未通过, ended 已停止, withdrawn 已撤回"
    )
    submitted_by: str = Field(description="Author 录入人")
    submitted_at: Moment
    decided_by: str | None = Field(default=None, description="The second person 审核人")
    decided_at: Moment | None = None
    decision_reason: str | None = None
    ended_from: RowMonth | None = Field(default=None, description="First month without it 停止月份")
    ended_by: str | None = None
    ended_at: Moment | None = None
    end_reason: str | None = None
    withdrawn_by: str | None = None
    withdrawn_at: Moment | None = None
    withdrawal_reason: str | None = None


class DisputeOut(Answer):
    """What one row says, and what the register or a verified record says instead 存疑事项."""

    month: RowMonth
    row: int = Field(description="Which row, from 1 行号")
    name: str = Field(description="Which column 存疑项", examples=["approved_beds"])
    told: Any = Field(description="As applied for 申报值", examples=[60])
    known: Any = Field(description="As registered or verified 登记或核验值", examples=[20])
    found_at: Moment


class ColumnOut(Answer):
    """One column of an application's rows 申请项."""

    name: str
    type: Type = Field(description="date 日期, yes_no 是否, code 代码, number 整数, money 金额, level 等级")
    needed: bool = Field(description="Whether a row must say it 是否必填")
    label_zh: str
    label_en: str
    either: list[str] = Field(description="Any of these is enough 填写其一即可")


class FormOut(Answer):
    """What an application for a programme must say 申请表."""

    programme: Programme
    name_zh: str
    name_en: str
    form: str = Field(description="cash 现金, in_kind 实物或服务, voucher 服务券")
    asks_for: list[str] = Field(description="Whom it names: senior_id, organization_id, worker_key 须填写的对象")
    standing: bool = Field(description="May go on from month to month 可按月持续")
    several: bool = Field(description="May have more than one row 可填写多行")
    columns: list[ColumnOut]

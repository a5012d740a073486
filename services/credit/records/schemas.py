"""Credit records as they are written and shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema

from services.credit.lists.bases import RecordClass, catalogue
from services.credit.records.domain import Status, status_on
from services.credit.records.models import Record
from services.credit.shapes import Body, Day, DocumentNo, example
from services.credit.subjects.schemas import SubjectRef
from shared.regions import Region
from shared.text import LongText, ShortText


def _known(kind: str) -> str:
    if kind not in catalogue().record_kinds:
        raise ValueError("not a kind of record; see /v1/bases 不是目录中的记录类别")
    return kind


Kind = Annotated[
    str,
    AfterValidator(_known),
    WithJsonSchema({"type": "string", "enum": list(catalogue().record_kinds), "title": "Kind of record 记录类别"}),
]


class RecordIn(Body):
    """A fact of dishonesty that a document has established 信用记录."""

    model_config = example(
        subject={"kind": "organization", "subject_id": "01980000-0000-7000-8000-00000000000a"},
        kind="penalty",
        record_class="general",
        facts="未按规定留存送餐凭证。",
        legal_basis="《养老机构管理办法》",
        document_no="民罚〔2026〕3号",
        issuer="区民政局",
        issued_on="2026-09-20",
    )

    subject: SubjectRef
    kind: Kind
    record_class: RecordClass = Field(description="minor 轻微、general 一般、serious 严重")
    facts: LongText = Field(description="What happened 事实")
    legal_basis: LongText = Field(description="Document and clause it rests on 法律依据")
    document_no: DocumentNo = Field(description="Number of the official document 文号")
    issuer: ShortText = Field(description="Who issued it 作出机关")
    issued_on: Day = Field(description="Its date; every period starts here 文书日期")


class RecordRepair(Body):
    """The repair of a record 信用修复."""

    model_config = example(document_no="民信修〔2027〕2号", repaired_on="2027-01-05", commitment_no="民信承〔2027〕2号")

    document_no: DocumentNo
    repaired_on: Day = Field(description="First day it no longer counts 修复日期")
    commitment_no: DocumentNo = Field(description="The public commitment 信用承诺文号")


class RecordOut(BaseModel):
    """A record; a person's name is masked 信用记录."""

    record_id: UUID
    region: Region
    version: int
    status: Status = Field(description="有效、已修复、已届满")
    subject_id: UUID
    subject_kind: Literal["organization", "person"]
    subject_name: str = Field(description="Masked for a person 名称(个人脱敏)")
    kind: Kind
    record_class: RecordClass
    facts: str
    legal_basis: str = Field(description="法律依据")
    document_no: str = Field(description="文号")
    issuer: str = Field(description="作出机关")
    issued_on: date = Field(description="文书日期")
    published: bool = Field(description="Whether its class is published 是否公示")
    repair_from: date | None = Field(description="First day of repair; null: no rule known for its day 可修复日期")
    ends_on: date | None = Field(description="Last day in force; null: no rule known for its day 届满日期")
    repaired_on: date | None = Field(description="修复日期")
    repaired_by: str | None = Field(description="Not whoever recorded it 修复人")
    recorded_by: str = Field(description="登记人")
    recorded_at: datetime

    @classmethod
    def of(cls, record: Record, today: date) -> RecordOut:
        """From its row, with its status on a day."""
        names = [name for name in cls.model_fields if name != "status"]
        status = status_on(today, record.repaired_on, record.ends_on)
        return cls(status=status, **{name: getattr(record, name) for name in names})

"""List entries as they are shown: in public form, and whole for those who work on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.credit.lists.bases import Basis, catalogue
from services.credit.lists.domain import State
from services.credit.lists.models import ListEntry, ListStep
from shared.regions import Region


class EntryOut(BaseModel):
    """An entry in its public form; a person's name is masked 名单信息."""

    entry_id: UUID
    region: Region
    state: State = Field(description="拟列入、已告知、已陈述、已决定、不予列入、已送达、已公示、已修复、已届满、已撤销")
    subject_id: UUID
    subject_kind: Literal["organization", "person"] = Field(description="机构或个人")
    subject_name: str = Field(description="Masked for a person 名称(个人脱敏)", examples=["示例助餐服务有限公司"])
    list_kind: str = Field(description="名单类别", examples=["joint_discipline"])
    legal_basis: str = Field(description="法律依据", examples=["mca-2019-103"])
    basis_title: str = Field(description="Title and number of the basis 依据文件")
    ground: str = Field(description="列入情形", examples=["subsidy_fraud"])
    decision_no: str | None = Field(description="决定文号")
    decided_on: date | None = Field(description="决定日期")
    listed_on: date | None = Field(description="First day of effect 列入日期")
    until: date | None = Field(description="Last day of effect 届满日期")
    repair_from: date | None = Field(description="First day on which repair may be asked for 可修复日期")
    effects: list[str] = Field(description="惩戒措施", examples=[["no_subsidy", "no_purchase"]])
    delisted_on: date | None = Field(description="First day without effect 移出日期")
    delisted_reason: str | None = Field(description="repaired, expired or revoked 移出原因")

    @classmethod
    def of(cls, entry: ListEntry) -> EntryOut:
        """From its row."""
        return cls(**_public(entry))


class StepOut(BaseModel):
    """One step of an entry 步骤."""

    step: str = Field(examples=["notice"])
    done_on: date = Field(description="办理日期")
    done_by: str = Field(description="Subject at the issuer 办理人")
    client: str
    document_no: str = Field(description="文号")
    next_due_on: date | None = Field(description="When the next step is due, if the basis sets a period 下一步期限")
    next_due_provisional: bool = Field(description="The calendar of that year is not published yet 期限为暂定")
    detail: dict[str, Any]
    recorded_at: datetime


class EntryDetail(EntryOut):
    """An entry with its facts and every step 名单事项."""

    version: int
    document_no: str = Field(description="立案文号")
    facts: str = Field(description="事实")
    proposed_by: str = Field(description="提出人")
    decided_by: str | None = Field(description="决定人")
    noticed_on: date | None = Field(description="告知日期")
    statement_until: date | None = Field(description="陈述申辩截止日")
    panel_from: date | None = Field(description="First day on which a panel may sit 可集体审议之日")
    end_asked_by: str | None = Field(description="Who verified the repair or asked for the revocation 核查人、提请人")
    ended_by: str | None = Field(description="Who repaired or revoked 修复、撤销决定人")
    steps: list[StepOut]
    open_questions: list[str] = Field(description="Decisions that the basis leaves open 依据未明确、待决定的事项")

    @classmethod
    def whole(cls, entry: ListEntry, steps: Sequence[ListStep]) -> EntryDetail:
        """From its row and its steps."""
        other = EntryOut.model_fields.keys() | {"steps", "open_questions"}
        return cls(
            **_public(entry),
            **{name: getattr(entry, name) for name in cls.model_fields if name not in other},
            steps=[StepOut.model_validate(step, from_attributes=True) for step in steps],
            open_questions=_basis(entry).open_questions(),
        )


def _basis(entry: ListEntry) -> Basis:
    found = catalogue().basis(entry.legal_basis)
    if found is None:
        raise LookupError(f"bases.yaml has lost {entry.legal_basis}, on which entries rest")
    return found


def _public(entry: ListEntry) -> dict[str, Any]:
    basis = _basis(entry)
    stored = {name: getattr(entry, name) for name in EntryOut.model_fields if name != "basis_title"}
    return stored | {"basis_title": f"《{basis.title_zh}》({basis.document_no})"}

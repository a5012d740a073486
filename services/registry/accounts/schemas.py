"""Request and response shapes of bank account look-ups 收款账户查询."""

from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from services.registry.schemas import Answer, Body, Purpose
from services.registry.subjects.domain import SubjectKind

MOST = 10_000
_SENIOR = "01980000-0000-7000-8000-000000000101"


class BeneficiaryIn(Body):
    """Whom money is for: the kind goes with the id 补贴对象."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"kind": "senior", "id": _SENIOR}]})

    kind: SubjectKind = Field(description="senior 老年人, organization 机构")
    id: UUID


class LookupIn(Body):
    """Whose bank accounts are needed, and why 批量查询收款账户."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"beneficiaries": [{"kind": "senior", "id": _SENIOR}], "purpose": "2026-10 尊老金发放文件"}]
        }
    )

    beneficiaries: list[BeneficiaryIn] | None = Field(
        default=None, min_length=1, max_length=MOST, description="Seniors and organisations 补贴对象"
    )
    beneficiary_ids: list[UUID] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST,
        json_schema_extra={"deprecated": True},
        description="Without kinds, which the register then looks up; an id of two kinds is missing 补贴对象编号",
    )
    purpose: Purpose

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.beneficiaries is None) == (self.beneficiary_ids is None):
            raise ValueError("send beneficiaries or beneficiary_ids 两者须且只须填一项")
        return self


class AccountOut(Answer):
    """Where money for a beneficiary goes, in clear 收款账户."""

    beneficiary_id: UUID
    beneficiary_kind: SubjectKind
    holder: str = Field(description="户名")
    bank: str = Field(description="开户银行")
    account: str = Field(description="银行账号")


class BeneficiaryOut(Answer):
    """A beneficiary without an account to pay to 补贴对象."""

    kind: SubjectKind = Field(description="类别")
    id: UUID


class LookupOut(Answer):
    """Every beneficiary asked for is in one of the lists."""

    accounts: list[AccountOut] = Field(description="收款账户")
    pending: list[BeneficiaryOut] = Field(
        description="A change of account, name or identity number waits for its decision: pay nothing yet 变更待审批"
    )
    missing: list[BeneficiaryOut | UUID] = Field(
        description="Unknown here under this kind, or without an account; asked by `beneficiary_ids`: ids, of whom"
        " nothing can be paid to, pending ones too 未找到账户"
    )

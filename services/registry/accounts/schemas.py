"""Request and response shapes of bank account look-ups 收款账户查询."""

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.registry.schemas import Answer, Body, Purpose

MOST = 10_000


class LookupIn(Body):
    """Whose bank accounts are needed, and why 批量查询收款账户."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "beneficiary_ids": ["01980000-0000-7000-8000-000000000101"],
                    "purpose": "2026-10 尊老金发放文件",
                }
            ]
        }
    )

    beneficiary_ids: list[UUID] = Field(min_length=1, max_length=MOST, description="Seniors or organisations 补贴对象")
    purpose: Purpose


class AccountOut(Answer):
    """Where money for a beneficiary goes, in clear 收款账户."""

    beneficiary_id: UUID
    beneficiary_kind: Literal["senior", "organization"]
    holder: str = Field(description="户名")
    bank: str = Field(description="开户银行")
    account: str = Field(description="银行账号")


class LookupOut(Answer):
    """Every id asked for is in one of the two lists."""

    accounts: list[AccountOut] = Field(description="收款账户")
    missing: list[UUID] = Field(description="Unknown here, or without an account 未找到账户")

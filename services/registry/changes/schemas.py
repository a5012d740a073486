"""Request and response shapes of changes 变更事项."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, model_validator

from services.registry.changes.domain import State
from services.registry.schemas import Answer, BankAccountIn, Body, Purpose, example
from services.registry.seniors.names import Name
from services.registry.seniors.schemas import IdentityNumber
from services.registry.subjects.domain import TOPICS, SubjectKind, Topic
from shared.regions import RegionShown
from shared.text import LongText, ShortText

_ACCOUNT: dict[str, JsonValue] = {
    "bank_account": {"bank": "示范农村商业银行", "account": "6222020000007654321"},
    "document_no": "账户变更申请表〔2026〕12号",
}


class Request(Body):
    """What every request says beside the new value."""

    document_no: ShortText = Field(description="Number of the document it rests on 依据文号")
    reason: LongText | None = Field(default=None, description="Remark 说明")

    @property
    def topic(self) -> Topic:
        """What the request is about."""
        return next(TOPICS[name] for name in TOPICS if name in self.model_fields_set)

    @model_validator(mode="after")
    def _one_topic(self) -> Self:
        given = self.model_fields_set & TOPICS.keys()
        if len({TOPICS[name] for name in given}) != 1:
            raise ValueError("send either the account or who it is, not both 账户与身份信息须分别申请")
        if any(name != "bank_account" and getattr(self, name) is None for name in given):
            raise ValueError("only the account can be cleared 仅账户可以清空")
        return self


class SeniorChangeIn(Request):
    """Another account, or another name or identity number, of a senior 申请变更老年人账户或身份信息."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ACCOUNT]})

    name: Name | None = None
    identity_number: IdentityNumber | None = None
    bank_account: BankAccountIn | None = Field(default=None, description="null clears it 收款账户")


class OrganizationChangeIn(Request):
    """Another account, or another name, of an organisation 申请变更机构账户或名称."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ACCOUNT]})

    name: ShortText | None = Field(default=None, description="机构名称")
    bank_account: BankAccountIn | None = Field(default=None, description="null clears it 收款账户")


class Remark(Body):
    """A remark on approving 审批意见."""

    model_config = example(reason="与申请表一致")

    reason: LongText | None = Field(default=None, description="Remark 审批意见")


class Why(Body):
    """Why a request is refused or withdrawn 原因."""

    model_config = example(reason="账户户名与本人不符")

    reason: LongText = Field(description="Why 原因")


class ChangeRevealIn(Body):
    """Why both values are needed in clear 查看完整信息."""

    model_config = example(purpose="审批前与申请表核对")

    purpose: Purpose


class ValueOut(Answer):
    """A value of a request; only the fields it is about 变更内容."""

    name: str | None = None
    identity_number: str | None = None
    bank: str | None = Field(default=None, description="开户银行")
    account: str | None = Field(default=None, description="银行账号")
    holder: str | None = Field(default=None, description="户名")


class ChangeOut(Answer):
    """A request, both values masked 变更事项."""

    change_id: UUID
    version: int = Field(description="Also the ETag 版本")
    region: RegionShown = Field(description="区划代码")
    subject_kind: SubjectKind
    subject_id: UUID
    topic: Topic = Field(description="account 收款账户, identity 姓名、身份证号、机构名称")
    state: State = Field(description="requested 待审批, approved 已批准, refused 不予变更, withdrawn 已撤回")
    old: ValueOut = Field(description="On file when it was asked for, masked 原值(脱敏)")
    new: ValueOut = Field(description="Asked for, masked 新值(脱敏)")
    document_no: str = Field(description="依据文号")
    reason: str | None = Field(description="说明")
    requested_by: str = Field(description="申请人")
    requested_at: datetime
    settled_by: str | None = Field(description="Who approved, refused or withdrew it 办结人")
    settled_at: datetime | None
    settled_reason: str | None = Field(description="办结意见")


class ChangeRevealed(Answer):
    """Both values in clear. The look-up is in the audit log 变更内容(完整)."""

    change_id: UUID
    old: ValueOut
    new: ValueOut

"""Request and response shapes of organisations 机构."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from services.registry.organizations.domain import GRADED, Kind, Mode
from services.registry.schemas import Answer, BankAccountIn, Body, ByRequest, Day, FactOut, Source, example
from shared.numbers import Integer
from shared.regions import Region, RegionShown
from shared.text import NameText, ShortText

Count = Annotated[int, Integer(0, 100_000)]
Profit = Literal["for_profit", "non_profit"]
CreditCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=18, max_length=18),
    Field(description="GB 32100 统一社会信用代码", examples=["52321202MJ5000017X"]),
]


class Period(Body):
    """Days on which something holds; null: still."""

    valid_from: Day = Field(description="First day 生效日期")
    valid_to: Day | None = Field(default=None, description="Last day 失效日期(含当日)")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from 失效日期早于生效日期")
        return self


class ModeIn(Period):
    """A mode of operation 运营方式."""

    model_config = example(mode="private", valid_from="2018-05-01", source="备案回执")

    mode: Mode = Field(description="民办、公建民营、公办")
    source: Source


class GradeIn(Period):
    """A grade with its validity 养老机构等级 (GB/T 37276)."""

    model_config = example(grade=3, valid_from="2025-01-01", valid_to="2027-12-31", source="评定公告")

    grade: Annotated[int, Integer(1, 5)] = Field(description="等级", examples=[3])
    source: Source


class Beds(Body):
    """Registered beds 备案床位."""

    nursing: Count = Field(default=0, description="护理型床位")
    ordinary: Count = Field(default=0, description="普通型床位")


class ContractIn(Period):
    """A contract for a service in a region and below 服务合同."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "service": "meal",
                    "region": "321202000000",
                    "document_no": "示民购〔2026〕3号",
                    "valid_from": "2026-01-01",
                    "valid_to": "2026-12-31",
                }
            ]
        }
    )

    contract_id: UUID | None = Field(default=None, description="Made by the client, if wanted 合同编号")
    service: Literal["meal"] = Field(description="助餐")
    region: Region = Field(description="Where: this region and all below 服务区域")
    document_no: ShortText = Field(description="Number of the contract 合同文号")


class ContractEndIn(Body):
    """The last day of a contract that ends early 合同终止."""

    model_config = example(last_day="2026-10-31")

    last_day: Day = Field(description="Last day of service 终止日(含当日)")


class OrganizationIn(Body):
    """An organisation to put on file 登记机构."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "region": "321202000000",
                    "kind": "institution",
                    "name": "示范养老院",
                    "social_credit_code": "52321202MJ5000017X",
                    "profit": "non_profit",
                    "beds": {"nursing": 80, "ordinary": 40},
                    "operation_modes": [{"mode": "private", "valid_from": "2018-05-01", "source": "备案回执"}],
                    "grades": [
                        {"grade": 3, "valid_from": "2025-01-01", "valid_to": "2027-12-31", "source": "评定公告"}
                    ],
                }
            ]
        }
    )

    organization_id: UUID | None = Field(default=None, description="Made by the client, if wanted 机构编号")
    region: Region
    kind: Kind = Field(description="机构类别")
    name: NameText = Field(description="机构名称")
    social_credit_code: CreditCode
    profit: Profit | None = Field(default=None, description="营利性或非营利性")
    beds: Beds = Beds()
    operation_modes: list[ModeIn] = Field(default=[], max_length=20, description="运营方式变更")
    grades: list[GradeIn] = Field(default=[], max_length=20, description="等级变更")
    bank_account: BankAccountIn | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.kind not in GRADED and (self.operation_modes or self.grades or self.beds != Beds()):
            raise ValueError(
                "only institutions and community centres have beds, modes and grades 该类机构无床位、运营方式和等级"
            )
        return self


class OrganizationPatch(Body):
    """What to change; only the fields sent 修改机构档案."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"beds": {"nursing": 90, "ordinary": 40}}]})

    status: Literal["active", "closed"] | None = Field(default=None, description="机构状态")
    profit: Profit | None = None
    beds: Beds | None = None
    name: NameText | None = ByRequest
    bank_account: BankAccountIn | None = ByRequest

    @model_validator(mode="after")
    def _kept(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("send at least one field 至少修改一项")
        for name in ("status", "beds"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be cleared 不能清空")
        return self


class ContractOut(Answer):
    """A contract on file 服务合同."""

    contract_id: UUID
    service: str
    region: RegionShown = Field(description="服务区域")
    document_no: str = Field(description="合同文号")
    valid_from: date
    valid_to: date | None


class ListingOut(Answer):
    """A decision of the credit service in force today 失信名单."""

    decision_id: UUID
    list_kind: str = Field(description="名单类别")
    listed_on: date = Field(description="列入日期")
    until: date | None = Field(description="届满日期")
    document_no: str = Field(description="文号")


class OrganizationOut(Answer):
    """An organisation's file 机构档案."""

    organization_id: UUID
    version: int
    region: RegionShown
    region_name: str
    kind: Kind
    name: str
    social_credit_code: str
    status: str
    profit: str | None
    beds: Beds
    operation_modes: list[FactOut] = Field(description="运营方式变更")
    grades: list[FactOut] = Field(description="等级变更")
    contracts: list[ContractOut] = Field(description="服务合同")
    bank_account: str | None = Field(description="Masked 银行账号(脱敏)")
    listed: bool = Field(description="On a discipline list today 是否在失信名单")
    listings: list[ListingOut] = Field(description="失信名单决定")
    recorded_at: datetime

"""Request and response shapes of seniors 老年人."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool, StringConstraints, model_validator

from services.registry.schemas import (
    Answer,
    BankAccountIn,
    Body,
    ByRequest,
    Day,
    FactOut,
    Phone,
    Purpose,
    Source,
    example,
)
from services.registry.seniors.domain import CIRCUMSTANCES
from services.registry.seniors.names import Name
from shared.datum import Datum
from shared.regions import Region, RegionShown
from shared.text import ShortText

IdentityNumber = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=15, max_length=18),
    Field(description="18-digit identity number 身份证号", examples=["321202194103050025"]),
]
RevealField = Literal["name", "identity_number", "phone", "address", "bank_account"]


class AddressIn(Body):
    """An address, with coordinates if they are known 住址."""

    text: ShortText = Field(description="Address 地址", examples=["示范市示范区东街街道鼓楼路1号"])
    latitude: float | None = Field(default=None, ge=-90, le=90, strict=True, description="Degrees 纬度")
    longitude: float | None = Field(default=None, ge=-180, le=180, strict=True, description="Degrees 经度")
    datum: Datum | None = Field(default=None, description="Of the coordinates; needed with them 坐标系")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude belong together 经纬度须同时填写")
        if (self.datum is None) != (self.latitude is None):
            raise ValueError("coordinates need a datum, and a datum needs coordinates 坐标与坐标系须同时填写")
        return self


class CircumstanceIn(Body):
    """From when to when a circumstance holds 老年人情况. It rules its days; earlier statements lose them."""

    model_config = example(kind="living_alone", value="yes", valid_from="2024-06-01", source="社区入户核实")

    kind: Literal[tuple(CIRCUMSTANCES)] = Field(description="Which fact 类别", examples=["living_alone"])  # type: ignore[valid-type]  # the code list is data
    value: ShortText = Field(description="One of the kind's values 取值", examples=["yes"])
    valid_from: Day = Field(description="First day 生效日期")
    valid_to: Day | None = Field(default=None, description="Last day; null: still true 失效日期(含当日)")
    source: Source

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.value not in CIRCUMSTANCES[self.kind]:
            raise ValueError(f"{self.kind} takes one of {', '.join(sorted(CIRCUMSTANCES[self.kind]))} 取值不在代码表中")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from 失效日期早于生效日期")
        return self


class SeniorIn(Body):
    """Somebody to put on the register 登记老年人."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "张建国",
                    "identity_number": "321202194103050025",
                    "region": "321202000000",
                    "resident_since": "1990-01-01",
                    "phone": "13800005678",
                    "address": {
                        "text": "示范市示范区东街街道鼓楼路1号",
                        "latitude": 32.4905,
                        "longitude": 119.9123,
                        "datum": "GCJ-02",
                    },
                    "bank_account": {"bank": "示范农村商业银行", "account": "6222020000001234567"},
                    "circumstances": [
                        {"kind": "living_alone", "value": "yes", "valid_from": "2024-06-01", "source": "社区入户核实"}
                    ],
                    "source": "社区入户核实",
                }
            ]
        }
    )

    name: Name
    identity_number: IdentityNumber
    region: Region
    resident_since: Day | None = Field(
        default=None, description="Household register here since; null: the day of registration 户籍迁入日期"
    )
    phone: Phone | None = Field(default=None, description="联系电话")
    address: AddressIn | None = None
    bank_account: BankAccountIn | None = None
    circumstances: list[CircumstanceIn] = Field(default=[], max_length=50, description="老年人情况")
    source: Source


class SeniorPatch(Body):
    """How to reach the person; only the fields sent. null clears them 修改联系方式."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "13900001234"}]})

    phone: Phone | None = Field(default=None, description="联系电话")
    address: AddressIn | None = None
    name: Name | None = ByRequest
    identity_number: IdentityNumber | None = ByRequest
    bank_account: BankAccountIn | None = ByRequest

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("send at least one field 至少修改一项")
        return self


class ResidenceIn(Body):
    """A new household register 户籍迁移."""

    model_config = example(region="321202002000", valid_from="2026-10-01", source="公安户籍")

    region: Region
    valid_from: Day = Field(description="First day there 迁入日期")
    source: Source


class DepartureIn(Body):
    """The senior leaves the register's territory 户籍迁出."""

    model_config = example(last_day="2026-10-31", source="公安户籍")

    last_day: Day = Field(description="Last day of the household register here 迁出前最后一日")
    source: Source


class DeathIn(Body):
    """A death 死亡登记. A second report corrects the first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"died_on": "2026-10-03", "reported_on": "2026-10-20", "source": "公安死亡注销比对"}]
        }
    )

    died_on: Day = Field(description="死亡日期")
    reported_on: Day = Field(description="When the register was told 报告日期")
    holds: StrictBool = Field(
        default=False,
        description="The death is certain although facts on file lie after it: they stay, and the audit log names them"
        " 已核实,以死亡登记为准",
    )
    source: Source


class WithdrawalIn(Body):
    """Why something on record was wrong 撤销."""

    model_config = example(source="登记有误,已核实")

    source: Source


class RevealIn(Body):
    """Which hidden fields are needed, and why 查看完整信息."""

    model_config = example(fields=["bank_account"], purpose="核对尊老金发放账户")

    fields: list[RevealField] = Field(min_length=1, max_length=5, description="要查看的字段")
    purpose: Purpose


class RevealOut(Answer):
    """The fields asked for, in clear. The look-up is in the audit log."""

    senior_id: UUID
    name: str | None = None
    identity_number: str | None = None
    phone: str | None = None
    address: dict[str, Any] | None = None
    bank_account: dict[str, Any] | None = None


class SeniorBrief(Answer):
    """A senior in a list; whatever names the person is masked 老年人(脱敏)."""

    senior_id: UUID
    version: int
    region: RegionShown = Field(description="区划代码")
    region_name: str = Field(description="区划名称")
    status: str = Field(description="active, deceased or moved_out 档案状态")
    name: str = Field(description="Masked 姓名(脱敏)", examples=["张*"])
    identity_number: str = Field(description="Masked 身份证号(脱敏)", examples=["3212**************"])
    birth_date: date = Field(description="出生日期")
    sex: str = Field(description="male or female 性别")
    registered_on: date = Field(description="建档日期")


class AbilityOut(Answer):
    """The result of an assessment, and the days on which it is the latest 能力等级."""

    assessment_id: UUID
    level: int = Field(description="0 intact to 4 completely lost 能力等级")
    scale: str
    valid_from: date
    valid_to: date | None


class SeniorOut(SeniorBrief):
    """A senior with dated facts 老年人档案."""

    identity_kind: str = Field(description="Which card the number belongs to 证件类别")
    phone: str | None = Field(description="Masked 联系电话(脱敏)")
    address: str | None = Field(description="Down to the sub-district 住址(脱敏)")
    bank_account: str | None = Field(description="Masked 银行账号(脱敏)")
    died_on: date | None = Field(description="死亡日期")
    death_reported_on: date | None = Field(description="死亡报告日期")
    residences: list[FactOut] = Field(description="Household registers 户籍地")
    circumstances: list[FactOut] = Field(description="老年人情况")
    abilities: list[AbilityOut] = Field(description="能力评估结果")
    recorded_at: datetime = Field(description="Last change 最近变更时间")


class Counts(Answer):
    """How many seniors the caller may see 老年人数."""

    total: int
    by_status: dict[str, int]

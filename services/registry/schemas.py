"""What the registry's request and response shapes share."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.registry.facts.domain import Fact
from shared.dates import IsoDate
from shared.text import PLAIN, SHOWN, NameText, ShortText

EARLIEST, LATEST = date(1850, 1, 1), date(2199, 12, 31)


class Body(BaseModel):
    """A request: nothing unknown is accepted."""

    model_config = ConfigDict(extra="forbid")


def example(**values: Any) -> ConfigDict:  # noqa: ANN401  # an example holds anything JSON can
    """The configuration of a body with its example."""
    return ConfigDict(json_schema_extra={"examples": [values]})


class Answer(BaseModel):
    """A response."""

    model_config = ConfigDict(frozen=True)


def _sensible(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise ValueError(f"a date lies between {EARLIEST} and {LATEST} 日期超出允许范围")
    return day


Day = Annotated[IsoDate, AfterValidator(_sensible)]
"""A calendar date in ISO form; numbers and moments are refused."""
Phone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 \-]{4,18}[0-9]$"),
    Field(examples=["13800005678"]),
]
Account = Annotated[str, StringConstraints(pattern=r"^[0-9]{8,32}$"), Field(examples=["6222020000001234567"])]
Source = Annotated[ShortText, Field(description="Where this is known from 信息来源", examples=["社区入户核实"])]
Purpose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=4, max_length=100),
    PLAIN,
    SHOWN,
    Field(description="Why it is needed; kept in the audit log 查看目的", examples=["核对尊老金发放账户"]),
]


class BankAccountIn(Body):
    """A bank account 银行账户."""

    bank: NameText = Field(description="Name of the bank 开户银行", examples=["示范农村商业银行"])
    account: Account = Field(description="Account number 银行账号")
    holder: NameText | None = Field(
        default=None, description="Holder, if not the beneficiary 户名", examples=["张建国"]
    )


ByRequest = Field(
    default=None, deprecated=True, description="Refused here: it changes by …/changes, which a second person decides"
)
"""A field of a PATCH that took it once: clients that still send it are told where to."""


class FactOut(Answer):
    """A dated fact: when it is true, when we learned it, and whether a correction replaced it."""

    fact_id: UUID = Field(description="The fact 记录编号")
    kind: str = Field(description="Which fact 类别", examples=["living_alone"])
    value: str = Field(description="Its value 取值", examples=["yes"])
    valid_from: date = Field(description="First day 生效日期")
    valid_to: date | None = Field(description="Last day; null: still true 失效日期(含当日)")
    source: str = Field(description="信息来源")
    recorded_at: datetime = Field(description="登记时间")
    recorded_by: str = Field(description="登记人")

    @classmethod
    def of(cls, fact: Fact) -> "FactOut":
        """The fact as it is shown."""
        return cls(**{name: getattr(fact, name) for name in cls.model_fields})

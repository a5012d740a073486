"""Time at the edge. Everything below an edge takes its dates as arguments."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError, core_schema

SHANGHAI = ZoneInfo("Asia/Shanghai")
_MONTH = re.compile(r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$")


def now() -> datetime:
    """The moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The date in Asia/Shanghai, which is the date every document means."""
    return now().astimezone(SHANGHAI).date()


def date_of(moment: datetime) -> date:
    """The Asia/Shanghai date of a moment."""
    return moment.astimezone(SHANGHAI).date()


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month in Asia/Shanghai, written ``2026-10``."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read ``YYYY-MM``; ValueError for anything else."""
        if not isinstance(text, str) or not _MONTH.fullmatch(text):
            raise ValueError("a month is written YYYY-MM")
        return cls(int(text[:4]), int(text[5:]))

    @classmethod
    def of(cls, day: date) -> Month:
        """The month a date lies in."""
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return date(self.year, self.month, self.days)

    @property
    def days(self) -> int:
        """How many days it has."""
        return calendar.monthrange(self.year, self.month)[1]

    def next(self) -> Month:
        """The month after."""
        return Month.of(self.last + timedelta(days=1))

    def previous(self) -> Month:
        """The month before."""
        return Month.of(self.first - timedelta(days=1))

    def plus(self, months: int) -> Month:
        """The month so many months later."""
        years, month = divmod(self.month - 1 + months, 12)
        return Month(self.year + years, month + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:  # noqa: ANN401  # pydantic's own signature
        return core_schema.no_info_plain_validator_function(cls._read, serialization=core_schema.to_string_ser_schema())

    @classmethod
    def _read(cls, value: Any) -> Month:  # noqa: ANN401  # whatever the client sent
        try:
            return value if isinstance(value, cls) else cls.parse(value)
        except ValueError:
            raise PydanticCustomError("month", "A month is written YYYY-MM", {"zh": "月份格式为 YYYY-MM"}) from None

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "pattern": _MONTH.pattern, "examples": ["2026-10"], "title": "Month 月份"}


ASKED = (Month(2000, 1), Month(2099, 12))
"""The first and the last month that anybody may ask for; what is stored may lie before."""
_ASKED = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"


def _may_be_asked(month: Month) -> Month:
    if not ASKED[0] <= month <= ASKED[1]:
        told = "A month lies between 2000-01 and 2099-12", {"zh": "月份须在2000-01至2099-12之间"}
        raise PydanticCustomError("month_range", *told)
    return month


AskedMonth = Annotated[
    Month,
    AfterValidator(_may_be_asked),
    WithJsonSchema({"type": "string", "pattern": _ASKED, "examples": ["2026-10"], "title": "Month 月份"}),
]
"""A month in a request's body."""
MonthText = Annotated[str, StringConstraints(pattern=_ASKED)]
"""The same in a query; ``Month.parse`` reads it."""


def month_of(moment: datetime) -> Month:
    """The Asia/Shanghai month of a moment."""
    return Month.of(date_of(moment))

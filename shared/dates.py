"""Dates and moments in requests: ISO 8601 text only, for a number could be a count of seconds or of days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler, TypeAdapter, WithJsonSchema
from pydantic_core import PydanticCustomError, core_schema

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Without an offset it gets as far as the next step, which says what is missing.
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})?$"
FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _is_date(value: Any) -> Any:  # noqa: ANN401  # whatever the client sent
    if isinstance(value, date) or (isinstance(value, str) and _DATE.fullmatch(value)):
        return value
    raise PydanticCustomError("date_parsing", "A date is written YYYY-MM-DD", {"zh": "日期格式为 YYYY-MM-DD"})


@dataclass(frozen=True)
class Rfc3339:
    """Annotates a moment in a request: RFC 3339 text with an offset, from the first moment to before the last. Read
    without Python, for a batch holds thousands."""

    first: datetime = FIRST
    last: datetime = LAST

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:  # noqa: ANN401  # pydantic's own signature
        written = core_schema.custom_error_schema(
            core_schema.str_schema(pattern=_MOMENT, strict=True),
            "datetime_parsing",
            custom_error_context={"error": "written YYYY-MM-DDThh:mm:ss with an offset"},
        )
        moment = core_schema.datetime_schema(strict=False, tz_constraint="aware", ge=self.first, lt=self.last)
        read = core_schema.chain_schema([written, moment])
        return core_schema.json_or_python_schema(read, core_schema.no_info_before_validator_function(_write, read))


def _write(value: Any) -> Any:  # noqa: ANN401  # whatever the client sent
    return value.isoformat() if isinstance(value, datetime) else value


def read_moment(text: str) -> datetime:
    """The moment that a text of RFC 3339 names. ValueError for anything else."""
    return _MOMENTS.validate_python(text)


IsoDate = Annotated[
    date, BeforeValidator(_is_date), WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-10-01"]})
]
"""A calendar date, ``YYYY-MM-DD``."""
IsoMoment = Annotated[
    datetime,
    Rfc3339(),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-10-01T12:00:00+08:00"]}),
]
"""A moment with its offset from UTC."""
_MOMENTS = TypeAdapter[datetime](IsoMoment)

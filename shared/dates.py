"""Dates and moments in requests: ISO 8601 text only, for a number could be a count of seconds or of days."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}\S*")
FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _is_date(value: Any) -> Any:  # noqa: ANN401  # whatever the client sent
    if isinstance(value, date) or (isinstance(value, str) and _DATE.fullmatch(value)):
        return value
    raise PydanticCustomError("date_parsing", "A date is written YYYY-MM-DD", {"zh": "日期格式为 YYYY-MM-DD"})


def _is_moment(value: Any) -> Any:  # noqa: ANN401  # whatever the client sent
    if isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.fullmatch(value)):
        return value
    zh = "时间格式为 YYYY-MM-DDThh:mm:ss,并带时区"
    raise PydanticCustomError("datetime_parsing", "A moment is written YYYY-MM-DDThh:mm:ss with an offset", {"zh": zh})


def _is_storable(moment: datetime) -> datetime:
    if not FIRST <= moment < LAST:
        raise PydanticCustomError("datetime_range", "The moment lies too far away", {"zh": "时间超出允许范围"})
    return moment


IsoDate = Annotated[
    date, BeforeValidator(_is_date), WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-10-01"]})
]
"""A calendar date, ``YYYY-MM-DD``."""
IsoMoment = Annotated[
    AwareDatetime,
    BeforeValidator(_is_moment),
    AfterValidator(_is_storable),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-10-01T12:00:00+08:00"]}),
]
"""A moment with its offset from UTC."""

"""Money: an integer number of fen inside, a decimal string with two places outside."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

_YUAN = re.compile(r"^-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,2})?$")


def to_fen(text: str | Decimal) -> int:
    """Yuan as text to fen, exactly. ValueError when it is no amount or has more than two places."""
    written = str(text)
    if not _YUAN.fullmatch(written):
        raise ValueError(
            "an amount is written in yuan with at most two places, such as 37.50 金额以元为单位,至多两位小数"
        )
    return int(Decimal(written) * 100)


def to_yuan(fen: int) -> str:
    """Fen to yuan as text with two places: 3750 is ``37.50``."""
    sign, rest = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{rest // 100}.{rest % 100:02d}"


def _read(value: object) -> object:
    return to_fen(value) if isinstance(value, str) else value


Yuan = Annotated[
    int,
    BeforeValidator(_read),
    PlainSerializer(to_yuan, return_type=str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "pattern": _YUAN.pattern, "examples": ["37.50"], "title": "Amount in yuan 金额(元)"}
    ),
]
"""A pydantic type: fen in Python, ``"37.50"`` in JSON."""


def _text_only(value: object) -> object:
    if not isinstance(value, str):
        raise PydanticCustomError(
            "string_type", "An amount is a text, such as 37.50", {"zh": "金额应为字符串,如 37.50"}
        )
    return value


YuanText = Annotated[Yuan, BeforeValidator(_text_only)]
"""For requests: a number could mean fen or yuan, so it is refused."""

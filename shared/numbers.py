"""What the text of a number may be, wherever one is read: in YAML, JSON, CSV, a file of a bank or a query.

Digits 0 to 9, a point, a minus. No exponent, no underscore, no digits of other scripts, no infinity, no minus zero:
what a number costs to work with is bounded before anything is worked out, and it reads the same everywhere.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, NoReturn

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

DIGITS = 15
"""Digits before the point, and after it."""
PATTERN = rf"-?(?:0|[1-9][0-9]{{0,{DIGITS - 1}}})(?:\.[0-9]{{1,{DIGITS}}})?"
_NUMBER, _ZERO = re.compile(PATTERN), re.compile(r"-0(?:\.0*)?")
_SHOWN = 40


def decimal(text: str) -> Decimal:
    """The number a text holds, exactly. ValueError when it is none that is read here."""
    if not _NUMBER.fullmatch(text) or _ZERO.fullmatch(text):
        raise ValueError(f"a number has at most {DIGITS} digits before and after the point, like 37.5 数字格式不正确")
    return Decimal(text)


def whole(text: str) -> int:
    """The whole number a text holds. ValueError when it is none."""
    number = decimal(text)
    if "." in text:
        raise ValueError("a whole number has no point 应为整数")
    return int(number)


def _bounded(value: object) -> object:
    """A text, int, float or Decimal that is a number; anything else is for the type itself to refuse."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return value
    written = _written(value)
    try:
        return decimal(written) if written is not None else _refuse()
    except ValueError:
        return _refuse()


def _written(value: str | float | Decimal) -> str | None:
    """The digits of a value; None where there are too many of them to be written out."""
    if isinstance(value, Decimal):
        _, digits, exponent = value.as_tuple()
        if not isinstance(exponent, int) or len(digits) > 2 * DIGITS or abs(exponent) > DIGITS:
            return None
        return f"{value:f}"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**DIGITS else None
    return value if isinstance(value, str) else f"{Decimal(repr(value)):f}" if abs(value) < 10**DIGITS else None


def _refuse() -> NoReturn:
    zh = f"数字至多{DIGITS}位整数和{DIGITS}位小数,不用科学计数法"
    raise PydanticCustomError("number", f"A number has at most {DIGITS} digits before and after the point", {"zh": zh})


Figure = Annotated[Decimal, BeforeValidator(_bounded)]
"""A pydantic type for a number of the law: exact, bounded."""
Count = Annotated[int, BeforeValidator(_bounded)]
"""A pydantic type for a whole number, bounded."""


@dataclass(frozen=True)
class Integer:
    """Annotates an ``int`` that is read strictly, as JSON Schema has it: 1 and 1.0 are one integer, a text and true are
    none. Read without Python, for a batch holds thousands; the bounds have to lie where a float is exact."""

    least: int
    most: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:  # noqa: ANN401  # pydantic's own signature
        number = core_schema.float_schema(strict=True, allow_inf_nan=False)
        typed = core_schema.custom_error_schema(number, custom_error_type="int_type")
        within = core_schema.float_schema(ge=self.least, le=self.most)
        return core_schema.chain_schema([typed, within, core_schema.int_schema(strict=False)])

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:  # noqa: ANN401  # pydantic's own signature
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


def loads(text: str | bytes) -> Any:  # noqa: ANN401  # JSON is any shape until checked
    """JSON whose numbers are bounded and exact. ValueError for anything else, RecursionError when it is too deep."""
    return json.loads(text, parse_int=whole, parse_float=decimal, parse_constant=_constant)


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name[:_SHOWN]} is no number")

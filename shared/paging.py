"""Cursor paging: bounded pages in a stable order, without OFFSET."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field, WithJsonSchema

from shared.errors import FieldError, Invalid
from shared.numbers import Count
from shared.text import is_text

T = TypeVar("T")
Limit = Annotated[
    Count,
    Query(ge=1, le=200, description="How many items at most 每页条数"),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 200}),
]
Cursor = Annotated[str | None, Query(max_length=500, description="`next` of the page before 上一页的 next")]
DEFAULT_LIMIT = 50


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(default=None, description="Cursor of the next page; null at the end 下一页游标")

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """``SeniorBriefPage``: a name that every language can write."""
        name: str = params[0].__name__
        return f"{name}Page"


def encode_cursor(*parts: str | int) -> str:
    """The position after the last item of a page."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, kinds: tuple[type, ...]) -> list[str | int]:
    """Its parts again. Invalid (422) for anything that no page gave out."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise _not_ours() from error
    if not isinstance(parts, list) or [type(part) for part in parts] != list(kinds) or not all(map(_storable, parts)):
        raise _not_ours()
    return parts


def cursor_id(cursor: str | None) -> UUID | None:
    """The identifier a page ended with; None for the first page. Invalid (422) for a cursor that is not ours."""
    return _identifier(decode_cursor(cursor, (str,))[0]) if cursor is not None else None


def cursor_place(cursor: str | None) -> tuple[str, UUID] | None:
    """The same for lists in the order of a text and an identifier."""
    if cursor is None:
        return None
    first, last = decode_cursor(cursor, (str, str))
    return str(first), _identifier(last)


def sliced(items: Sequence[Any], limit: int) -> Page[Any]:
    """A page from ``limit + 1`` items with an ``id``: the last one only shows that there is more."""
    shown = list(items[:limit])
    return Page(items=shown, next=encode_cursor(str(shown[-1].id)) if len(items) > limit else None)


def _identifier(part: str | int) -> UUID:
    try:
        return UUID(str(part))
    except ValueError as error:
        raise _not_ours() from error


def _storable(part: str | int) -> bool:
    """Whether PostgreSQL can compare a column with it."""
    if isinstance(part, int):
        return -(2**63) <= part < 2**63
    return is_text(part)


def _not_ours() -> Invalid:
    field = FieldError.of("/query/cursor", "cursor", "Use the `next` of the page before.", "请使用上一页返回的 next。")
    return Invalid("The cursor is not one of ours.", "游标无效。", [field])

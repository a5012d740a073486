"""Pages ordered by one identifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from shared.errors import FieldError, Invalid
from shared.paging import Page, decode_cursor, encode_cursor

T = TypeVar("T")


def position(cursor: str | None) -> UUID | None:
    """The identifier a page goes on after; Invalid (422) for a cursor that is not ours."""
    if cursor is None:
        return None
    (text,) = decode_cursor(cursor, (str,))
    try:
        return UUID(str(text))
    except ValueError:
        en, zh = "Use the `next` of the page before.", "请使用上一页返回的 next。"
        raise Invalid(en, zh, [FieldError.of("/query/cursor", "cursor", en, zh)]) from None


def sliced(items: Sequence[Any], limit: int) -> Page[Any]:
    """A page from ``limit + 1`` items: the last one only shows that there is more."""
    shown = list(items[:limit])
    return Page(items=shown, next=encode_cursor(str(shown[-1].id)) if len(items) > limit else None)

"""Positions in lists that are ordered by region and id."""

from uuid import UUID

from shared.errors import FieldError, Invalid
from shared.paging import decode_cursor, encode_cursor

Position = tuple[str, UUID] | None


def position(cursor: str | None) -> Position:
    """The region and id after which a page begins; Invalid (422) for a cursor that no page gave out."""
    if cursor is None:
        return None
    region, last_id = decode_cursor(cursor, (str, str))
    try:
        return str(region), UUID(str(last_id))
    except ValueError as error:
        field = FieldError.of(
            "/query/cursor", "cursor", "Use the `next` of the page before.", "请使用上一页返回的 next。"
        )
        raise Invalid("The cursor is not one of ours.", "游标无效。", [field]) from error


def next_cursor(region: str, last_id: UUID) -> str:
    """The cursor of the page after an item."""
    return encode_cursor(region, str(last_id))

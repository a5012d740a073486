"""Positions in lists that are ordered by region and id."""

from uuid import UUID

from shared.paging import cursor_place as position
from shared.paging import encode_cursor

Position = tuple[str, UUID] | None
__all__ = ["Position", "next_cursor", "position"]


def next_cursor(region: str, last_id: UUID) -> str:
    """The cursor of the page after an item."""
    return encode_cursor(region, str(last_id))

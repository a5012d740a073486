"""The one SQL statement about lives."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_LIFE = text("SELECT kind, id, region, since, until, floor FROM life_of(:whose)")


async def read(session: AsyncSession, senior_id: UUID) -> Sequence[Row[Any]]:
    """The birth and every dated fact known now, in whichever region, of a senior who stays locked until the end."""
    return (await session.execute(_LIFE, {"whose": senior_id})).all()

"""The keys that were made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def keep(session: AsyncSession, key: str, at: datetime) -> bool:
    """Write a key down; whether it is new."""
    result = await session.execute(
        text("INSERT INTO worker_keys (worker_key, made_at) VALUES (:key, :at) ON CONFLICT DO NOTHING"),
        {"key": key, "at": at},
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]  # an INSERT has one

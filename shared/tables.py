"""Rows by the many: partitions by month, and COPY in and out of a session's transaction."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Month
from shared.database import driver

_ENSURE_MONTH = text("SELECT ensure_month(:table, :first)")


async def copy_rows(session: AsyncSession, table: str, columns: Sequence[str], csv: bytes) -> int:
    """COPY CSV rows (no header) into a table in the session's transaction; returns how many.

    A table under row-level security takes no COPY: give the month's partition (``partition_of``), into which a
    service may insert but from which it may not read.
    """
    connection = await driver(session)
    status = await connection.copy_to_table(table, columns=columns, source=io.BytesIO(csv), format="csv")
    return int(status.split()[1])


async def copy_query(session: AsyncSession, query: str, *args: Any, header: bool = True) -> bytes:  # noqa: ANN401  # bound values of any type
    """COPY a query's result out as CSV, with a header unless said, in the session's transaction and scope."""
    connection = await driver(session)
    sink = io.BytesIO()
    await connection.copy_from_query(query, *args, output=sink, format="csv", header=header)
    return sink.getvalue()


def partition_of(table: str, month: Month) -> str:
    """The name of a month's partition."""
    return f"{table}_{month.year:04d}_{month.month:02d}"


async def ensure_month(session: AsyncSession, table: str, month: Month) -> str:
    """Make the month's partition if it is missing; returns its name. Safe when several do it at once."""
    await session.execute(_ENSURE_MONTH, {"table": table, "first": month.first})
    return partition_of(table, month)

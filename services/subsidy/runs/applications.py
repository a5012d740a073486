"""What a calculation asks of applications, and tells them: what was paid before, and which rows are paid now.

One scope of a programme is calculated at a time, so that of two runs the second one sees what the first one pays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import polars as pl
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.applications.columns import paid_once
from services.subsidy.inputs.applications import NOW, PAID

if TYPE_CHECKING:
    from services.subsidy.runs.lines import Part


async def add_paid(session: AsyncSession, part: Part) -> None:
    """Complete a scope's frozen rows by what their subjects were paid before, if the programme asks for it."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('subsidy-paid'), hashtext(:programme))"),
        {"programme": part.programme},
    )
    if not paid_once(part.pack.programmes[part.programme]):
        return
    later, paid = ", ".join(part.facts.later), PAID.format(asked="true", **NOW)
    await session.execute(
        text(
            f"UPDATE run_inputs_application s SET ({later}) = (SELECT {later} FROM ({paid}) paid)"
            " WHERE s.run_id = :run_id AND s.scope = :scope AND s.month = CAST(:first AS date)"
        ),
        _values(part),
    )


async def keep_paid(session: AsyncSession, part: Part, rows: pl.DataFrame) -> None:
    """Write down which rows something is due for, and of how many beds or units."""
    await session.execute(
        text(
            "UPDATE run_inputs_application i SET paid_fen = p.fen, paid_count = p.counted"
            " FROM unnest(CAST(:applications AS uuid[]), CAST(:rows AS int[]), CAST(:fen AS bigint[]),"
            " CAST(:counted AS bigint[])) AS p (application_id, row, fen, counted)"
            " WHERE i.run_id = :run_id AND i.scope = :scope AND i.month = CAST(:first AS date)"
            " AND i.application_id = p.application_id AND i.row = p.row"
        ),
        {
            "applications": rows["application_id"].to_list(),
            "rows": rows["row"].to_list(),
            "fen": rows["amount_fen"].to_list(),
            "counted": rows["count"].to_list(),
        }
        | _values(part),
    )


def _values(part: Part) -> dict[str, object]:
    return {
        "run_id": UUID(part.run_id),
        "scope": part.scope,
        "programme": part.programme,
        "first": part.month.first,
    }

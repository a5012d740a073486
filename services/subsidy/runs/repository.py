"""Every other statement about runs and lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.runs import lines as lines_of
from services.subsidy.runs.adjustments import DECIDED
from services.subsidy.runs.domain import Totals
from services.subsidy.runs.lines import Part
from services.subsidy.runs.models import Line, Run, RunScope
from shared.tables import copy_query, copy_rows, partition_of


async def lock_month(session: AsyncSession, month: date) -> None:
    """One creation of a run at a time for a month."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('subsidy-run'), hashtext(:month))"), {"month": str(month)}
    )


async def overlaps(session: AsyncSession, month: date, prefix: str) -> bool:
    """Whether a run of a region above or below stands for the month, visible to the caller or not."""
    found = await session.scalar(
        text("SELECT overlapping_run(CAST(:month AS date), :prefix)"), {"month": month, "prefix": prefix}
    )
    return bool(found)


async def runs_of(session: AsyncSession, month: date, region: str) -> Sequence[Run]:
    """All runs of a month and region, the newest last."""
    found = await session.scalars(select(Run).where(Run.month == month, Run.region == region).order_by(Run.number))
    return found.all()


async def get(session: AsyncSession, run_id: UUID, *, for_update: bool = False) -> Run | None:
    """A run the caller may see."""
    query = select(Run).where(Run.id == run_id)
    return await session.scalar(query.with_for_update() if for_update else query)


async def page_of_runs(session: AsyncSession, before: UUID | None, limit: int, month: date | None) -> Sequence[Run]:
    """Runs, the newest first."""
    query = select(Run).order_by(Run.id.desc()).limit(limit)
    query = query.where(Run.id < before) if before else query
    found = await session.scalars(query.where(Run.month == month) if month else query)
    return found.all()


async def scopes(session: AsyncSession, run_id: UUID) -> Sequence[RunScope]:
    """The parts of a run."""
    found = await session.scalars(select(RunScope).where(RunScope.run_id == run_id).order_by(RunScope.scope))
    return found.all()


async def scope(session: AsyncSession, run_id: UUID, number: int, *, for_update: bool = False) -> RunScope:
    """One part of a run."""
    query = select(RunScope).where(RunScope.run_id == run_id, RunScope.scope == number)
    return (await session.scalars(query.with_for_update() if for_update else query)).one()


async def page_of_lines(
    session: AsyncSession, run_id: UUID, after: UUID | None, limit: int, **filters: str | UUID | None
) -> Sequence[Line]:
    """Lines of a run in their order; ``filters`` are columns and the values asked for."""
    query = select(Line).where(Line.run_id == run_id).order_by(Line.id).limit(limit)
    query = query.where(Line.id > after) if after else query
    for name, value in filters.items():
        query = query.where(getattr(Line, name) == value) if value is not None else query
    return (await session.scalars(query)).all()


async def line(session: AsyncSession, line_id: UUID) -> Line | None:
    """A line the caller may see."""
    return await session.scalar(select(Line).where(Line.id == line_id))


async def lines_before(session: AsyncSession, one: Line) -> int:
    """What the lines decided before this one, for the same subject and month, add up to in fen."""
    total = await session.scalar(
        select(func.coalesce(func.sum(Line.amount_fen), 0)).where(
            Line.month == one.month,
            Line.senior_id.is_not_distinct_from(one.senior_id),
            Line.programme == one.programme,
            Line.beneficiary_id == one.beneficiary_id,
            Line.application_id.is_not_distinct_from(one.application_id),
            Line.sequence < one.sequence,
            Line.void.is_(one.void),
        )
    )
    return int(total or 0)


async def lines_for(session: AsyncSession, month: date, programme: str, subjects: Sequence[UUID]) -> Sequence[Line]:
    """The standing lines of some seniors in a month, or of organisations that are entitled by themselves."""
    query = select(Line).where(Line.month == month, Line.programme == programme, Line.void.is_(False))
    whose = or_(Line.senior_id.in_(subjects), and_(Line.senior_id.is_(None), Line.beneficiary_id.in_(subjects)))
    return (await session.scalars(query.where(whose).order_by(Line.id))).all()


async def inputs(session: AsyncSession, part: Part) -> tuple[bytes, pl.DataFrame]:
    """A scope's frozen inputs in their order: the bytes for the hash, and the frame."""
    facts = part.facts
    chosen = ", ".join(f"{name}::int AS {name}" if kind == "Boolean" else name for name, kind in facts.columns.items())
    query = f"SELECT {chosen} FROM {facts.table} WHERE run_id = $1 AND scope = $2 AND month = $3 ORDER BY {facts.order}"
    csv = await copy_query(session, query, UUID(part.run_id), part.scope, part.month.first)
    return csv, frame_of(csv, lines_of.schema(facts))


def frame_of(csv: bytes, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """COPY's CSV as a frame; booleans come as 0 and 1."""
    read = {name: pl.Int8() if kind == pl.Boolean() else kind for name, kind in schema.items()}
    frame = pl.read_csv(csv, schema=read)
    return frame.with_columns(pl.col(name).cast(pl.Boolean) for name, kind in schema.items() if kind == pl.Boolean())


async def decided_elsewhere(session: AsyncSession, part: Part) -> pl.DataFrame:
    """Of those in a scope whom other runs decided for this month: KEY, highest sequence, and the sum in fen."""
    values = {"month": part.month.first, "programme": part.programme, "run": part.run_id, "scope": part.scope}
    any_ = text("SELECT EXISTS (SELECT FROM lines WHERE month = :month AND programme = :programme AND NOT void)")
    schema = {name: kind for name, kind in DECIDED.items() if name in {*lines_of.KEY, "sequence", "decided_fen"}}
    if not await session.scalar(any_, values):
        return pl.DataFrame(schema=schema)
    csv = await copy_query(
        session,
        f"SELECT {', '.join(lines_of.KEY)}, sum(l.amount_fen)::bigint AS decided_fen, max(l.sequence) AS sequence"
        f" FROM lines l WHERE l.month = $1 AND l.programme = $2 AND NOT l.void AND l.{part.facts.key} IN"
        f" (SELECT {part.facts.key} FROM {part.facts.table} WHERE run_id = $3 AND scope = $4 AND month = $1)"
        " GROUP BY 1, 2, 3",
        part.month.first,
        part.programme,
        UUID(part.run_id),
        part.scope,
    )
    return pl.read_csv(csv, schema=schema)


async def decided(session: AsyncSession, part: Part) -> pl.DataFrame:
    """What earlier lines say, wherever they stand, of those whom a look back looks at."""
    csv = await copy_query(
        session,
        f"SELECT {', '.join(lines_of.KEY)}, (array_agg(l.region ORDER BY l.sequence DESC))[1] AS line_region,"
        " sum(l.amount_fen)::bigint AS decided_fen, max(l.sequence) AS sequence,"
        " (array_agg(l.id ORDER BY l.sequence DESC) FILTER (WHERE l.amount_fen > 0))[1] AS paid_line_id"
        f" FROM lines l JOIN run_candidates c ON c.subject_id = l.{part.facts.key} AND c.run_id = $1 AND c.scope = $2"
        " WHERE l.month = $3 AND l.programme = $4 AND NOT l.void GROUP BY 1, 2, 3",
        UUID(part.run_id),
        part.scope,
        part.month.first,
        part.programme,
    )
    return pl.read_csv(csv, schema=DECIDED)


async def store_lines(session: AsyncSession, part: Part, lines: pl.DataFrame) -> int:
    """COPY lines into their month; the database gives the ids and refuses what was decided before."""
    csv = lines.write_csv(include_header=False).encode()
    return await copy_rows(session, partition_of("lines", part.month), lines_of.COLUMNS, csv)


async def store_totals(session: AsyncSession, one: RunScope, totals: Totals, input_hash: str) -> None:
    """Close a scope; the database checks once more that nobody got lost."""
    await session.execute(
        text(
            "UPDATE run_scopes SET inputs = :inputs, outside = :outside, paid = :paid, refused = :refused,"
            " held = :held, amount_fen = :amount_fen, input_hash = :input_hash, calculated_at = clock_timestamp()"
            " WHERE run_id = :run_id AND scope = :scope"
        ),
        asdict(totals) | {"run_id": one.run_id, "scope": one.scope, "input_hash": input_hash},
    )


async def store_notices(session: AsyncSession, one: RunScope, kind: str, notices: Sequence[tuple[Any, ...]]) -> None:
    """How many subjects of a scope ended with which reason."""
    if notices:
        await session.execute(
            text(
                "INSERT INTO run_notices (run_id, scope, region, programme, month, kind, outcome, reason,"
                " subjects, amount_fen) VALUES (:run_id, :scope, :region, :programme, :month, :kind, :outcome, :reason,"
                " :subjects, :amount_fen)"
            ),
            [
                {"outcome": outcome, "reason": reason, "subjects": subjects, "amount_fen": fen, "kind": kind}
                | {name: getattr(one, name) for name in ("run_id", "scope", "region", "programme", "month")}
                for outcome, reason, subjects, fen in notices
            ],
        )


async def notices(session: AsyncSession, run_id: UUID) -> list[dict[str, Any]]:
    """The run's reasons with their counts."""
    rows = await session.execute(
        text(
            "SELECT programme, month, kind, outcome, reason, subjects, amount_fen FROM run_notices WHERE run_id = :id"
            " ORDER BY scope, outcome, reason"
        ),
        {"id": run_id},
    )
    return [dict(row) for row in rows.mappings()]


async def void_lines(session: AsyncSession, run_id: UUID) -> None:
    """Take a rejected run's lines out of force; they stay readable."""
    await session.execute(text("UPDATE lines SET void = true WHERE run_id = :run_id"), {"run_id": run_id})

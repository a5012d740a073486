"""Every statement about simulations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.inputs.domain import Facts
from services.subsidy.runs import freezing
from services.subsidy.runs import lines as lines_of
from services.subsidy.runs.repository import frame_of
from services.subsidy.simulations.domain import NAMES, OPEN, Figures
from services.subsidy.simulations.models import Part, Simulation, SimulationPack
from shared.tables import copy_query

_NAMED = re.compile(r"(?<!:):([a-z_]+)")
_SUMS = ", ".join(f"coalesce(sum(f.{name}), 0)::bigint AS {name}" for name in NAMES)


async def get(session: AsyncSession, simulation_id: UUID, *, for_update: bool = False) -> Simulation | None:
    """A simulation the caller may see."""
    query = select(Simulation).where(Simulation.id == simulation_id)
    return await session.scalar(query.with_for_update() if for_update else query)


async def page(session: AsyncSession, before: UUID | None, limit: int) -> Sequence[Simulation]:
    """Simulations, the newest first."""
    query = select(Simulation).order_by(Simulation.id.desc()).limit(limit)
    return (await session.scalars(query.where(Simulation.id < before) if before else query)).all()


async def open_of(session: AsyncSession, subject: str) -> int:
    """How many simulations of a person are not finished; one at a time may count and add."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('subsidy-simulation'), hashtext(:subject))"), {"subject": subject}
    )
    query = select(func.count()).select_from(Simulation)
    found = await session.scalar(query.where(Simulation.created_by == subject, Simulation.state.in_(OPEN)))
    return int(found or 0)


async def progress(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """How many parts each simulation has, and how many of them are worked out."""
    query = select(Part.simulation_id, func.count(), func.count(Part.done_at)).group_by(Part.simulation_id)
    rows = await session.execute(query.where(Part.simulation_id.in_(ids)))
    return {one: (total, done) for one, total, done in rows}


async def parts(session: AsyncSession, simulation_id: UUID) -> Sequence[Part]:
    """The parts of a simulation in their order."""
    return (await session.scalars(select(Part).where(Part.simulation_id == simulation_id).order_by(Part.part))).all()


async def part(session: AsyncSession, simulation_id: UUID, number: int, *, for_update: bool = False) -> Part | None:
    """One part; None when the simulation was deleted meanwhile."""
    query = select(Part).where(Part.simulation_id == simulation_id, Part.part == number)
    return await session.scalar(query.with_for_update() if for_update else query)


async def packs(session: AsyncSession, simulation_id: UUID) -> dict[str, str]:
    """The content of every law of a simulation by its hash."""
    rows = await session.execute(
        select(SimulationPack.hash, SimulationPack.content).where(SimulationPack.simulation_id == simulation_id)
    )
    return {str(row.hash): str(row.content) for row in rows}


async def keep_packs(session: AsyncSession, one: Simulation, contents: Mapping[str, str]) -> None:
    """Keep the laws of a simulation."""
    for pack_hash, content in contents.items():
        session.add(SimulationPack(simulation_id=one.id, region=one.region, hash=pack_hash, content=content))
    await session.flush()


async def read(session: AsyncSession, facts: Facts, values: Mapping[str, Any]) -> pl.DataFrame:
    """The facts of a programme and month, as a run's first look reads them, with everybody's date of birth."""
    chosen = [f"q.{name}::int AS {name}" if kind == "Boolean" else f"q.{name}" for name, kind in facts.columns.items()]
    source, schema = f"({freezing.regular(facts)}) q", lines_of.schema(facts)
    if "birth_date" not in schema:
        chosen.append("person.birth_date")
        source, schema = f"{source} LEFT JOIN seniors person USING (senior_id)", schema | {"birth_date": pl.Date()}
    query = f"SELECT {', '.join(chosen)} FROM {source}"
    names = list(dict.fromkeys(_NAMED.findall(query)))
    placed = _NAMED.sub(lambda found: f"${names.index(found[1]) + 1}", query)
    return frame_of(await copy_query(session, placed, *(values[name] for name in names)), schema)


async def store(
    session: AsyncSession, one: Part, figures: Iterable[Mapping[str, Any]], reasons: Iterable[Mapping[str, Any]]
) -> None:
    """What a part came to."""
    place = {"simulation_id": one.simulation_id, "part": one.part, "region": one.region}
    for table, rows in (("simulation_figures", figures), ("simulation_reasons", reasons)):
        full = [place | dict(row) for row in rows]
        if full:
            names = list(full[0])
            values = ", ".join(f":{name}" for name in names)
            await session.execute(text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})"), full)


async def figures(session: AsyncSession, simulation_id: UUID, *by: str) -> list[tuple[dict[str, Any], Figures]]:
    """Sums by columns of parts (``p``) and figures (``f``); every county of a part stands there, paid or not."""
    rows = await session.execute(
        text(
            f"SELECT {', '.join(by)}, {_SUMS} FROM simulation_parts p CROSS JOIN LATERAL unnest(p.counties) c (place)"
            " LEFT JOIN simulation_figures f ON f.simulation_id = p.simulation_id AND f.part = p.part"
            " AND f.county = c.place"
            f" WHERE p.simulation_id = :id GROUP BY {', '.join(by)} ORDER BY {', '.join(by)}"
        ),
        {"id": simulation_id},
    )
    keys = [name.partition(".")[2] for name in by]
    return [(dict(zip(keys, row[: len(keys)], strict=True)), Figures(*row[len(keys) :])) for row in rows]


async def reasons(session: AsyncSession, simulation_id: UUID) -> list[dict[str, Any]]:
    """Who is judged for another reason, over all parts of a programme."""
    both = "r.today_outcome, r.today_reason, r.changed_outcome, r.changed_reason"
    rows = await session.execute(
        text(
            f"SELECT p.programme, {both}, sum(r.people)::bigint AS people,"
            " sum(r.difference_fen)::bigint AS difference_fen"
            " FROM simulation_reasons r JOIN simulation_parts p USING (simulation_id, part)"
            f" WHERE simulation_id = :id GROUP BY p.programme, {both} ORDER BY p.programme, people DESC, {both}"
        ),
        {"id": simulation_id},
    )
    return [dict(row) for row in rows.mappings()]


async def forget(session: AsyncSession, before: datetime, at_once: int) -> int:
    """Delete simulations asked for before a moment; how many."""
    old = select(Simulation.id).where(Simulation.created_at < before).limit(at_once).with_for_update(skip_locked=True)
    result = await session.execute(delete(Simulation).where(Simulation.id.in_(old)))
    return int(result.rowcount)  # type: ignore[attr-defined]  # a DELETE has one


async def forget_figures(session: AsyncSession, simulation_id: UUID) -> None:
    """Delete what a simulation found so far."""
    for table in ("simulation_reasons", "simulation_figures"):
        await session.execute(text(f"DELETE FROM {table} WHERE simulation_id = :id"), {"id": simulation_id})

"""Reading and writing dated facts, whoever owns them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.facts.domain import Fact, Splice, Statement
from services.registry.facts.models import FactRow
from shared.ids import new_id


async def facts_of(session: AsyncSession, table: type[FactRow], owner_id: UUID) -> list[Fact]:
    """Every fact of one owner, superseded ones included, in the order in which they were written."""
    rows = await session.scalars(select(table).where(table.owner_id == owner_id).order_by(table.fact_id))
    return [row.fact() for row in rows]


async def live_facts(
    session: AsyncSession, table: type[FactRow], owner_ids: Iterable[UUID]
) -> defaultdict[UUID, list[Fact]]:
    """The facts known now of several owners, by owner."""
    found: defaultdict[UUID, list[Fact]] = defaultdict(list)
    query = select(table).where(table.owner_id.in_(list(owner_ids)), table.superseded_at.is_(None))
    for row in await session.scalars(query.order_by(table.fact_id)):
        found[row.owner_id].append(row.fact())
    return found


@dataclass(frozen=True)
class Entry:
    """Whose facts are written, where the owner is, when and by whom."""

    owner_id: UUID
    region: str
    recorded_at: datetime
    recorded_by: str


async def write(
    session: AsyncSession, table: type[FactRow], entry: Entry, statements: Sequence[Statement]
) -> list[Fact]:
    """Add statements as facts."""
    noted: dict[str, Any] = {"recorded_at": entry.recorded_at, "recorded_by": entry.recorded_by}
    facts = [Fact(**vars(statement) | noted, fact_id=new_id()) for statement in statements]
    if facts:
        owner = {"owner_id": entry.owner_id, "region": entry.region}
        await session.execute(insert(table), [vars(fact) | owner for fact in facts])
    return facts


async def apply(session: AsyncSession, table: type[FactRow], entry: Entry, change: Splice) -> list[Fact]:
    """Write what a splice says; returns the new facts, the stated one last."""
    await supersede(session, table, [fact.fact_id for fact in change.superseded], entry.recorded_at)
    return await write(session, table, entry, change.written)


async def supersede(session: AsyncSession, table: type[FactRow], fact_ids: Sequence[UUID], at: datetime) -> None:
    """Say that facts are no longer what we know. They stay on file."""
    if fact_ids:
        known = (table.fact_id.in_(fact_ids), table.superseded_at.is_(None))
        await session.execute(update(table).where(*known).values(superseded_at=at))

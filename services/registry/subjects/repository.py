"""Every SQL statement about ids and their kinds."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, cast, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.subjects.models import SubjectCollision, SubjectId

_FOLLOW = tuple(
    text(f"UPDATE {table} SET region = :region WHERE {whose}")
    for table, whose in (
        ("senior_facts", "owner_id = :id"),
        ("assessments", "senior_id = :id"),
        ("name_tokens", "senior_id = :id"),
        ("changes", "subject_id = :id AND subject_kind = 'senior'"),
    )
)


async def take(session: AsyncSession, subject_id: UUID, kind: str) -> bool:
    """Take an id for a subject; False when anything in any region has it. Waits for who takes it at this moment."""
    statement = insert(SubjectId).values(id=subject_id, kind=kind).on_conflict_do_nothing()
    return await session.scalar(statement.returning(SubjectId.id)) is not None


async def kinds_of(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The kind of each id that is in use; ids of several kinds are left out."""
    wanted = any_(cast(ids, ARRAY(Uuid)))
    unclear = select(SubjectCollision.id).where(SubjectCollision.id == wanted)
    query = select(SubjectId.id, SubjectId.kind).where(SubjectId.id == wanted, SubjectId.id.not_in(unclear))
    return {row[0]: row[1] for row in await session.execute(query)}


async def collisions(session: AsyncSession) -> dict[UUID, list[str]]:
    """Every id that has several kinds, with them."""
    found: defaultdict[UUID, list[str]] = defaultdict(list)
    query = select(SubjectCollision).order_by(SubjectCollision.id, SubjectCollision.kind)
    for row in await session.scalars(query):
        found[row.id].append(row.kind)
    return found


async def follow(session: AsyncSession, senior_id: UUID, region: str) -> None:
    """Let whatever is on file of a senior follow to another region, so that whoever sees the senior sees it."""
    for statement in _FOLLOW:
        await session.execute(statement, {"id": senior_id, "region": region})

"""Every SQL statement about the index of names."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, insert, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.registry.search.models import NameToken

_ADD_MANY = text(
    "INSERT INTO name_tokens (token, region, senior_id)"
    " SELECT token, region, senior_id FROM unnest("
    "CAST(:ids AS uuid[]), CAST(:regions AS text[]), CAST(:lists AS text[])) AS name (senior_id, region, list),"
    " unnest(CAST(string_to_array(list, ' ') AS bigint[])) AS token"
)


async def replace(session: AsyncSession, senior_id: UUID, region: str, tokens: Iterable[int]) -> None:
    """Index one name anew."""
    await session.execute(delete(NameToken).where(NameToken.senior_id == senior_id))
    rows = [{"token": token, "region": region, "senior_id": senior_id} for token in set(tokens)]
    if rows:
        await session.execute(insert(NameToken), rows)


async def add_many(session: AsyncSession, names: Sequence[tuple[UUID, str, str]]) -> None:
    """Index new names at once: senior, region, and the token numbers with blanks between."""
    ids, regions, lists = zip(*names, strict=True)
    await session.execute(_ADD_MANY, {"ids": list(ids), "regions": list(regions), "lists": list(lists)})


async def find(
    session: AsyncSession, terms: Sequence[Sequence[int]], after: tuple[str, UUID] | None, limit: int
) -> list[UUID]:
    """The seniors whose name has a token of every term, by region and id, after a position."""
    query = select(NameToken.region, NameToken.senior_id).where(NameToken.token.in_(terms[0]))
    if len(terms[0]) > 1:  # one token is found once per senior, and in the order of the index
        query = query.distinct()
    for term in terms[1:]:
        other = aliased(NameToken)
        same = (other.senior_id == NameToken.senior_id, other.region == NameToken.region)
        query = query.where(select(other.token).where(other.token.in_(term), *same).exists())
    if after:
        query = query.where(tuple_(NameToken.region, NameToken.senior_id) > after)
    rows = await session.execute(query.order_by(NameToken.region, NameToken.senior_id).limit(limit))
    return [row.senior_id for row in rows]


async def move(session: AsyncSession, senior_id: UUID, region: str) -> None:
    """Let the index follow a senior to another region."""
    await session.execute(update(NameToken).where(NameToken.senior_id == senior_id).values(region=region))

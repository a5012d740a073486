"""Every SQL statement about the index of names."""

from collections.abc import Iterable, Sequence
from operator import itemgetter
from uuid import UUID

from sqlalchemy import delete, func, insert, literal_column, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.registry.search.models import NameToken

COMMON = 5_000
_ADD_MANY = text(
    "INSERT INTO name_tokens (token, region, senior_id)"
    " SELECT token, region, senior_id FROM unnest("
    "CAST(:ids AS uuid[]), CAST(:regions AS text[]), CAST(:lists AS text[])) AS name (senior_id, region, list),"
    " unnest(CAST(string_to_array(list, ' ') AS bigint[])) AS token"
)


async def replace(session: AsyncSession, senior_id: UUID, region: str, tokens: Iterable[int]) -> None:
    """Index one name anew."""
    await forget(session, [senior_id])
    rows = [{"token": token, "region": region, "senior_id": senior_id} for token in set(tokens)]
    if rows:
        await session.execute(insert(NameToken), rows)


async def forget(session: AsyncSession, senior_ids: Sequence[UUID]) -> None:
    """Take the names of some seniors out of the index."""
    await session.execute(delete(NameToken).where(NameToken.senior_id.in_(senior_ids)))


async def add_many(session: AsyncSession, names: Sequence[tuple[UUID, str, str]]) -> None:
    """Index new names at once: senior, region, and the token numbers with blanks between."""
    ids, regions, lists = zip(*names, strict=True)
    await session.execute(_ADD_MANY, {"ids": list(ids), "regions": list(regions), "lists": list(lists)})


async def find(
    session: AsyncSession, terms: Sequence[Sequence[int]], after: tuple[str, UUID] | None, limit: int
) -> list[UUID]:
    """The seniors whose name has a token of every term, by region and id, after a position.

    Walks through the rarest term and looks each name up under the others, so that terms add look-ups and no joins.
    """
    rarest, *others = await _by_rarity(session, terms)
    query = select(NameToken.region, NameToken.senior_id).where(NameToken.token.in_(rarest))
    if len(rarest) > 1:  # one token is found once per senior, and in the order of the index
        query = query.distinct()
    for term in others:
        other = aliased(NameToken)
        same = (other.senior_id == NameToken.senior_id, other.region == NameToken.region)
        looked_up = select(other.token).where(other.token.in_(term), *same)
        query = query.where(looked_up.offset(literal_column("0")).exists())  # OFFSET keeps it from becoming a join
    if after:
        query = query.where(tuple_(NameToken.region, NameToken.senior_id) > after)
    rows = await session.execute(query.order_by(NameToken.region, NameToken.senior_id).limit(limit))
    return [row.senior_id for row in rows]


async def _by_rarity(session: AsyncSession, terms: Sequence[Sequence[int]]) -> list[Sequence[int]]:
    """The terms, the rarest first. Counts to a bound: what is commoner is equally bad to begin with."""
    if len(terms) == 1:
        return list(terms)
    counts = [
        select(func.count())
        .select_from(select(NameToken.token).where(NameToken.token.in_(term)).limit(COMMON).subquery())
        .scalar_subquery()
        for term in terms
    ]
    found = (await session.execute(select(*counts))).one()
    return [term for _, term in sorted(zip(found, terms, strict=True), key=itemgetter(0))]

"""Every SQL statement about imports; a block costs the same few statements however many rows it has."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.cursors import Position
from services.registry.imports.batch import Entry, Task
from services.registry.imports.domain import Reject
from services.registry.imports.models import Import, ImportBlock
from services.registry.search import repository as index
from services.registry.search.tokens import RULES
from shared.database import driver
from shared.ids import new_id

_ADD_SENIORS = """
INSERT INTO seniors (senior_id, region, version, status, birth_date, sex, identity_kind, identity_blind,
                     identity_number, name, phone, address, bank_account, registered_on, import_id, recorded_at,
                     name_rules)
SELECT senior_id, region, 1, 'active', birth_date, sex, kind, blind, number, name, phone, address, account,
       $12, $13, $14, $15
FROM unnest($1::uuid[], $2::text[], $3::date[], $4::text[], $5::text[], $6::bytea[],
            $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[], $11::bytea[])
     AS row (senior_id, region, birth_date, sex, kind, blind, number, name, phone, address, account)
ON CONFLICT (identity_blind) DO NOTHING RETURNING senior_id
"""
_ADD_FACTS = """
INSERT INTO senior_facts (
    fact_id, senior_id, region, kind, value, valid_from, valid_to, source, recorded_at, recorded_by)
SELECT row.*, $8, $9, $10
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::date[], $7::date[]) AS row
"""
_ADD_REJECTS = """
INSERT INTO import_rejects (import_id, region, row_number, column_name, code, zh, en)
SELECT $1, $2, row.* FROM unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::text[]) AS row
"""
_FROM_THIS_FILE = "SELECT identity_blind FROM seniors WHERE identity_blind = ANY($1::bytea[]) AND import_id = $2"
_SEE = """
INSERT INTO import_seen (import_id, identity_blind) SELECT $1, unnest($2::bytea[])
ON CONFLICT DO NOTHING RETURNING identity_blind
"""
REJECTS_PIECE = 5_000
"""Lines of a file whose rejects are read at a time."""
_REJECTS = """
SELECT row_number, column_name, code, zh, en FROM import_rejects
WHERE import_id = $1 AND row_number BETWEEN $2 AND $3 ORDER BY row_number, column_name, code
"""
_NEXT_REJECT = "SELECT min(row_number) FROM import_rejects WHERE import_id = $1 AND row_number > $2"


async def add(session: AsyncSession, row: Import, blocks: Sequence[dict[str, Any]]) -> None:
    """Put an import and its encrypted blocks on file."""
    session.add(row)
    await session.flush()
    if blocks:
        await session.execute(insert(ImportBlock), blocks)


async def get(session: AsyncSession, import_id: UUID, *, for_update: bool = False) -> Import | None:
    """One import of the caller's regions."""
    query = select(Import).where(Import.import_id == import_id)
    return await session.scalar(query.with_for_update() if for_update else query)


async def page(session: AsyncSession, after: Position, limit: int) -> Sequence[Import]:
    """Imports by region and id after a position."""
    query = select(Import)
    if after:
        query = query.where((Import.region > after[0]) | ((Import.region == after[0]) & (Import.import_id > after[1])))
    return (await session.scalars(query.order_by(Import.region, Import.import_id).limit(limit))).all()


async def next_block(session: AsyncSession, import_id: UUID, after_line: int) -> ImportBlock | None:
    """The first block after a line, if there is one."""
    query = select(ImportBlock).where(ImportBlock.import_id == import_id, ImportBlock.first_line > after_line)
    return await session.scalar(query.order_by(ImportBlock.first_line).limit(1))


async def take_block(session: AsyncSession, import_id: UUID, first_line: int) -> bool:
    """Take a block away for good; False when somebody else has done it already."""
    chosen = (ImportBlock.import_id == import_id, ImportBlock.first_line == first_line)
    return await session.scalar(delete(ImportBlock).where(*chosen).returning(ImportBlock.first_line)) is not None


async def add_seniors(session: AsyncSession, task: Task, entries: Sequence[Entry], at: datetime) -> set[UUID]:
    """Insert people whose number is not on the register, seen or unseen; answers which were inserted."""
    connection = await driver(session)
    people = [entry.person for entry in entries]
    rows = await connection.fetch(
        _ADD_SENIORS,
        [entry.senior_id for entry in entries],
        [person.region for person in people],
        [person.identity.birth_date for person in people],
        [person.identity.sex for person in people],
        [person.identity.kind.value for person in people],
        [entry.blind for entry in entries],
        *([entry.sealed[at] for entry in entries] for at in range(5)),
        task.rules.today,
        task.import_id,
        at,
        RULES,
    )
    return {row["senior_id"] for row in rows}


async def add_facts(session: AsyncSession, task: Task, entries: Sequence[Entry], at: datetime) -> None:
    """Write the dated facts of new people."""
    facts = [
        (new_id(), entry.senior_id, entry.person.region, said) for entry in entries for said in entry.person.statements
    ]
    connection = await driver(session)
    await connection.execute(
        _ADD_FACTS,
        *([fact[at] for fact in facts] for at in range(3)),
        [said.kind for *_, said in facts],
        [said.value for *_, said in facts],
        [said.valid_from for *_, said in facts],
        [said.valid_to for *_, said in facts],
        task.rules.source,
        at,
        task.recorded_by,
    )


async def add_tokens(session: AsyncSession, entries: Sequence[Entry]) -> None:
    """Index the names of new people."""
    if entries:
        await index.add_many(session, [(entry.senior_id, entry.person.region, entry.tokens) for entry in entries])


async def from_this_file(session: AsyncSession, task: Task, blinds: Sequence[bytes]) -> set[bytes]:
    """Which numbers are on the register because an earlier line of the same file put them there."""
    connection = await driver(session)
    return {row["identity_blind"] for row in await connection.fetch(_FROM_THIS_FILE, blinds, task.import_id)}


async def registered(session: AsyncSession, blinds: Sequence[bytes]) -> set[bytes]:
    """Which numbers are on the register, in whichever region."""
    connection = await driver(session)
    return {row[0] for row in await connection.fetch("SELECT registered_numbers($1::bytea[])", blinds)}


async def first_seen(session: AsyncSession, task: Task, blinds: Sequence[bytes]) -> set[bytes]:
    """Remember the numbers of a dry run; answers which of them are in its file for the first time."""
    connection = await driver(session)
    return {row["identity_blind"] for row in await connection.fetch(_SEE, task.import_id, blinds)}


async def forget_seen(session: AsyncSession, import_id: UUID) -> None:
    """Forget the numbers of a dry run."""
    await session.execute(text("DELETE FROM import_seen WHERE import_id = :import_id"), {"import_id": import_id})


async def add_rejects(session: AsyncSession, task: Task, rejects: Sequence[Reject]) -> None:
    """Note what is wrong, by row and column."""
    connection = await driver(session)
    await connection.execute(
        _ADD_REJECTS,
        task.import_id,
        task.region,
        [reject.row for reject in rejects],
        [reject.error.column for reject in rejects],
        [reject.error.code for reject in rejects],
        [reject.error.zh for reject in rejects],
        [reject.error.en for reject in rejects],
    )


async def count(session: AsyncSession, import_id: UUID, done: int, rejected: int) -> int:
    """Add a block's totals; how many rows are rejected by now."""
    found = await session.execute(
        update(Import)
        .where(Import.import_id == import_id)
        .values(
            rows_read=Import.rows_read + done + rejected,
            rows_done=Import.rows_done + done,
            rows_rejected=Import.rows_rejected + rejected,
        )
        .returning(Import.rows_rejected)
        .execution_options(synchronize_session=False)
    )
    return int(found.scalar_one())


async def rejects_after(session: AsyncSession, import_id: UUID, line: int) -> tuple[list[Any], int | None]:
    """Some rejects (row, column, code and both texts, in order) and the last line looked at; None at the end."""
    connection = await driver(session)
    first = await connection.fetchval(_NEXT_REJECT, import_id, line)
    if first is None:
        return [], None
    last = first + REJECTS_PIECE - 1
    return await connection.fetch(_REJECTS, import_id, first, last), last

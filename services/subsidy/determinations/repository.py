"""Facts of one subject: from the read models, as known at a moment, or as a run froze them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.inputs.applications import OF_ORGANIZATION
from services.subsidy.inputs.domain import APPLICATION, Facts
from services.subsidy.inputs.facts import NOW, THEN, query
from services.subsidy.runs.models import Line
from shared.clock import Month

ALL_STAYS = """
    s.senior_id IN (SELECT a.senior_id FROM {admissions} a WHERE a.institution_id = CAST(:subject AS uuid))
"""
"""Every stay of an institution's residents: their days count once, wherever they live."""
Rows = Sequence[Mapping[str, Any]]


async def known(
    session: AsyncSession,
    facts: Facts,
    *,
    programme: str,
    month: Month,
    day: date,
    prefix: str,
    senior_id: UUID | None,
    institution_id: UUID | None,
    known_at: datetime | None,
) -> Rows:
    """The inputs of one senior or institution, by the same query that freezes a run."""
    column, subject = ("senior_id", senior_id) if senior_id else (facts.organization, institution_id)
    values: dict[str, Any] = {
        "programme": programme,
        "first": month.first,
        "last": month.last,
        "day": day,
        "prefix": prefix,
        "subject": subject,
    }
    sources = NOW
    if known_at:
        values |= {"known_at": known_at, "subjects": await _concerned(session, subject)}
        sources = THEN
    whose = f"s.{column} = CAST(:subject AS uuid)"
    if institution_id and facts is APPLICATION:
        whose = OF_ORGANIZATION
    elif institution_id:
        whose = ALL_STAYS.format(**sources)
    meals = "f.senior_id = CAST(:subject AS uuid)" if senior_id else "true"
    rows = await session.execute(text(query(facts, whose, meals=meals, sources=sources)), values)
    return [dict(row) for row in rows.mappings()]


async def regions(session: AsyncSession, senior_id: UUID | None, decided_in: Sequence[str]) -> list[str]:
    """Where a senior's household ever lay, and where the facts lie."""
    rows = await session.execute(
        text(
            "SELECT e->>'region' FROM seniors, jsonb_array_elements(residences) e"
            " WHERE senior_id = CAST(:senior_id AS uuid)"
        ),
        {"senior_id": senior_id},
    )
    return sorted({*rows.scalars(), *decided_in})


async def _concerned(session: AsyncSession, subject: UUID | None) -> list[UUID]:
    """The subject, its stays, and everybody else in them."""
    rows = await session.execute(
        text(
            "SELECT unnest(ARRAY[admission_id, senior_id, institution_id]) FROM admissions"
            " WHERE CAST(:subject AS uuid) IN (senior_id, institution_id)"
            " UNION SELECT senior_id FROM applications WHERE organization_id = CAST(:subject AS uuid)"
            " UNION SELECT organization_id FROM applications WHERE senior_id = CAST(:subject AS uuid)"
            " UNION SELECT CAST(:subject AS uuid)"
        ),
        {"subject": subject},
    )
    return list(rows.scalars())


async def frozen(session: AsyncSession, facts: Facts, line: Line) -> Rows:
    """All frozen rows of a line's senior in its scope, in their order; of its application's subject otherwise."""
    whose = "senior_id = :senior_id"
    if line.application_id:
        whose = "subject = (SELECT a.subject FROM applications a WHERE a.id = :application_id)"
    rows = await session.execute(
        text(
            f"SELECT {', '.join(facts.columns)} FROM {facts.table} WHERE run_id = :run_id AND scope = :scope"
            f" AND month = :month AND {whose} ORDER BY {facts.order}"
        ),
        {name: getattr(line, name) for name in ("run_id", "scope", "month", "senior_id", "application_id")},
    )
    return [dict(row) for row in rows.mappings()]


async def listings(session: AsyncSession, subjects: Sequence[str]) -> Rows:
    """The list decisions on some subjects: what an explanation names."""
    rows = await session.execute(
        text(
            "SELECT l.decision_id, l.subject_id, l.list_kind, l.listed_on, l.until, l.legal_basis, l.document_no,"
            " d.delisted_on, d.reason AS delist_reason FROM listings l LEFT JOIN delistings d USING (decision_id)"
            " WHERE l.subject_id = ANY (CAST(:subjects AS uuid[])) ORDER BY l.listed_on"
        ),
        {"subjects": list(subjects)},
    )
    return [dict(row) for row in rows.mappings()]

"""What an application says and the register or a verified record contradicts 存疑事项.

Compared when an application is accepted and again at every freeze. Of a number the undisputed part counts: no more
beds than are registered, no more meals than were verified. A row whose grade, mode, kind of owner or level (see
``levels``) is another is held.
Where the register says nothing there is nothing to contradict. What is disputed after it was paid is left as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Month
from shared.contracts.subsidy import ApplicationDisputed
from shared.events import outbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_IN_MONTH = (
    "(p->>'valid_from')::date <= CAST(:last AS date) AND coalesce((p->>'valid_to')::date >= CAST(:first AS date), true)"
)
KNOWN = f"""
    LEFT JOIN {{organizations}} o ON o.organization_id = s.organization_id
    CROSS JOIN LATERAL (
        SELECT (o.beds->>'nursing')::bigint AS nursing, (o.beds->>'ordinary')::bigint AS ordinary,
            (SELECT jsonb_agg(p->'mode') FROM jsonb_array_elements(o.operation_modes) p WHERE {_IN_MONTH}) AS modes,
            CASE WHEN o.organization_id IS NOT NULL THEN coalesce((SELECT jsonb_agg(p->'grade')
                FROM jsonb_array_elements(o.grades) p WHERE {_IN_MONTH}), '[]') END AS grades,
            CASE WHEN jsonb_exists(e.value, 'verified_meals') THEN (SELECT coalesce(sum(m.meals), 0) FROM (
                SELECT DISTINCT ON (f.delivery_id) CASE f.verdict WHEN 'verified' THEN f.meals ELSE 0 END AS meals
                FROM {{meal_facts}} f WHERE f.vendor_id = s.organization_id
                AND f.service_date BETWEEN CAST(:first AS date) AND CAST(:last AS date)
                ORDER BY f.delivery_id, f.sequence DESC, f.verdict) m) END AS meals
    ) known
    CROSS JOIN LATERAL (
        SELECT CASE WHEN known.nursing + known.ordinary > 0 THEN CASE e.value->>'bed_type'
            WHEN 'nursing' THEN known.nursing WHEN 'ordinary' THEN known.ordinary
            ELSE greatest(known.nursing + known.ordinary - (
                SELECT coalesce(sum((q.value->>'approved_beds')::bigint), 0)
                FROM jsonb_array_elements(s.rows) WITH ORDINALITY q WHERE q.ordinality < e.ordinality), 0)
            END END AS beds
    ) registered
    CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_agg(
                jsonb_build_object('name', d.name, 'told', d.told, 'known', d.known)), '[]') AS disputes,
            coalesce(bool_or(NOT d.counted OR d.known = to_jsonb(0)), false) AS wholly,
            coalesce(jsonb_object_agg(d.name, d.known) FILTER (WHERE d.counted), jsonb_build_object()) AS undisputed
        FROM (VALUES
            ('approved_beds', true, e.value->'approved_beds', to_jsonb(registered.beds),
                e.value->'approved_beds' > to_jsonb(registered.beds)),
            ('verified_meals', true, e.value->'verified_meals', to_jsonb(known.meals),
                e.value->'verified_meals' > to_jsonb(known.meals)),
            ('mode', false, e.value->'mode', known.modes, NOT known.modes @> (e.value->'mode')),
            ('grade', false, e.value->'grade', known.grades, NOT known.grades @> (e.value->'grade')),
            ('graded', false, e.value->'graded', to_jsonb(known.grades <> '[]'),
                e.value->'graded' <> to_jsonb(known.grades <> '[]')),
            ('profit', false, e.value->'profit', to_jsonb(o.profit), e.value->'profit' <> to_jsonb(o.profit))
        ) d (name, counted, told, known, differs) WHERE d.differs
    ) doubt
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(l.amount_fen), 0) > 0 AS already FROM {{lines}} l
        WHERE l.application_id = s.id AND l.month = CAST(:first AS date) AND NOT l.void
    ) paid_for
"""
"""Joins for a row ``e`` of an application ``s``: its ``doubt``, and whether it was paid_for already."""
FACTS = """
    CASE WHEN paid_for.already THEN e.value ELSE e.value || doubt.undisputed END
"""
HELD = """
    (doubt.wholly AND NOT paid_for.already) OR (paid_for.already
        AND bool_or(doubt.disputes <> '[]') OVER (PARTITION BY s.id))
"""


async def keep(session: AsyncSession, found: str, values: Mapping[str, Any]) -> None:
    """Write down what a query of applications' rows found disputed, and tell it once.

    ``found`` yields application_id, row, region and disputes; ``values`` are what it binds, and the programme's month.
    """
    rows = await session.execute(
        text(
            "INSERT INTO application_disputes (application_id, month, row, region, name, told, known)"
            " SELECT q.application_id, CAST(:first AS date), q.row, q.region, d->>'name', d->'told', d->'known'"
            f" FROM ({found}) q CROSS JOIN LATERAL jsonb_array_elements(q.disputes) d"
            " ON CONFLICT DO NOTHING RETURNING application_id"
        ),
        values,
    )
    new = sorted(set(rows.scalars()))
    if new:
        await outbox.add(session, *await _events(session, new, Month.of(values["first"])))


async def keep_denied(session: AsyncSession, month: Month, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write down what the register's assessments deny of rows, and tell it once.

    ``rows`` have application_id, row, region, and disputes, each with name, told and known.
    """
    found = (
        "SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb))"
        " AS r (application_id uuid, row int, region text, disputes jsonb)"
    )
    if rows:
        await keep(session, found, {"rows": orjson.dumps(rows).decode(), "first": month.first})


async def _events(session: AsyncSession, ids: Sequence[UUID], month: Month) -> list[ApplicationDisputed]:
    rows = await session.execute(
        text(
            "SELECT a.id AS application_id, a.programme, a.region, coalesce(a.organization_id, a.senior_id)"
            " AS beneficiary_id, array_agg(DISTINCT d.name ORDER BY d.name) AS columns, count(*) AS sequence"
            " FROM applications a JOIN application_disputes d ON d.application_id = a.id AND d.month = :month"
            " WHERE a.id = ANY (:ids) GROUP BY a.id ORDER BY a.id"
        ),
        {"ids": list(ids), "month": month.first},
    )
    return [ApplicationDisputed.model_validate(dict(row) | {"month": month}) for row in rows.mappings()]


async def of(session: AsyncSession, application_id: UUID) -> list[dict[str, Any]]:
    """Everything that was found disputed of an application, the newest first."""
    rows = await session.execute(
        text(
            "SELECT month, row, name, told, known, found_at FROM application_disputes WHERE application_id = :id"
            " ORDER BY found_at DESC, row, name"
        ),
        {"id": application_id},
    )
    return [dict(row) for row in rows.mappings()]

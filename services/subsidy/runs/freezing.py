"""The SQL of a freeze: which parts a run has, what is copied for each, whom a look back has to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.subsidy.inputs import applications, disputes
from services.subsidy.inputs import facts as facts_sql
from services.subsidy.inputs.domain import APPLICATION, Facts
from services.subsidy.runs.area import LONG_AGO, Area, Look, lies, pieces
from services.subsidy.runs.lines import PAID_ELSEWHERE
from shared.clock import Month

_STAYS = (
    f"({lies('s.region')} OR s.senior_id IN (SELECT a.senior_id FROM admissions a WHERE {lies('a.region')}"
    " AND a.admitted_on <= CAST(:last AS date) AND coalesce(a.discharged_on >= CAST(:first AS date), true)))"
)
"""Stays here, and every other stay of the same residents: the days of a resident count once, wherever he lives. Those
elsewhere are looked at and lead to no line; nor do applications elsewhere of a subject that shares its caps."""
_REGULAR = {
    "age": "(s.moved OR (s.region >= CAST(:lo AS text) AND s.region < CAST(:hi AS text))) AND "
    + lies(f"({facts_sql.PLACE})"),
    "stay": _STAYS,
    "unit": lies("s.region"),
    "application": f"({lies('s.region')} OR s.subject IN (SELECT a.subject FROM applications a"
    f" WHERE a.programme = CAST(:programme AS text) AND {lies('a.region')}))",
}
_DECIDED = (
    "{who} IN (SELECT l.senior_id FROM lines l WHERE l.programme = CAST(:programme AS text)"
    f" AND l.month = CAST(:first AS date) AND NOT l.void AND {lies('l.region')})"
)
"""Of whom a line of the month stands here, wherever they are by now."""
_CANDIDATE = "{who} IN (SELECT c.subject_id FROM run_candidates c WHERE c.run_id = :run_id AND c.scope = :scope)"
_SENIOR = _CANDIDATE.format(who="s.senior_id")
_AGAIN = {
    "age": f"{_SENIOR} AND ({lies(f'({facts_sql.PLACE})')} OR {_DECIDED.format(who='s.senior_id')})",
    "stay": _SENIOR,
    "unit": f"({lies('s.region')} OR {_DECIDED.format(who='s.senior_id')})",
    "application": _CANDIDATE.format(who="s.id"),
}
_HOLDS = (
    "SELECT subject_id FROM holds WHERE greatest(placed_at, lifted_at) > CAST(:since AS timestamptz)"
    " AND coalesce(programme = CAST(:programme AS text), true)"
)
_BANS = (
    "SELECT subject_id FROM listings WHERE received_at > CAST(:since AS timestamptz)"
    " UNION SELECT subject_id FROM delistings WHERE received_at > CAST(:since AS timestamptz)"
)
_CHANGED = {
    "age": f"""
        SELECT senior_id FROM seniors WHERE (received_at > CAST(:since AS timestamptz) OR senior_id IN ({_HOLDS}))
        AND (moved OR (region >= CAST(:lo AS text) AND region < CAST(:hi AS text))
            OR {_DECIDED.format(who="senior_id")})""",
    "stay": f"""
        SELECT a.senior_id FROM admissions a
        WHERE ({_DECIDED.format(who="a.senior_id")}
            OR a.senior_id IN (SELECT o.senior_id FROM admissions o WHERE {lies("o.region")})) AND (
            a.received_at > CAST(:since AS timestamptz)
            OR a.senior_id IN (SELECT senior_id FROM seniors WHERE received_at > CAST(:since AS timestamptz))
            OR a.institution_id IN (
                SELECT organization_id FROM organizations WHERE received_at > CAST(:since AS timestamptz))
            OR a.institution_id IN ({_BANS})
            OR a.senior_id IN ({_HOLDS}) OR a.institution_id IN ({_HOLDS}))""",
    "unit": f"""
        SELECT f.senior_id FROM meal_facts f
        WHERE f.service_date BETWEEN CAST(:first AS date) AND CAST(:last AS date) AND (
            f.received_at > CAST(:since AS timestamptz)
            OR f.vendor_id IN ({_BANS}) OR f.senior_id IN ({_HOLDS}) OR f.vendor_id IN ({_HOLDS}))""",
    "application": applications.CHANGED.format(holds=_HOLDS, bans=_BANS, here=lies("a.region")),
}


_STACKED = (
    "SELECT l.{key} FROM lines l WHERE l.month = CAST(:first AS date) AND l.programme = CAST(:programme AS text)"
    f" AND l.stacking IS NOT NULL AND NOT l.void AND {lies('l.region')}"
)
"""Who was paid less beside another benefit: what became of that one is no fact of this one."""
_ELSEWHERE = (
    "SELECT l.{key} FROM lines l WHERE l.month = CAST(:first AS date) AND l.programme = CAST(:programme AS text)"
    f" AND l.reason = '{PAID_ELSEWHERE}' AND NOT l.void AND {lies('l.region')}"
)
"""Who got less because another run had paid: whether that run still stands is no fact of theirs either."""


@dataclass(frozen=True)
class Planned:
    """One scope to freeze. ``since`` is None for a month calculated for the first time; ``once``: what is due depends
    on what was paid before."""

    run_id: UUID
    scope: int
    programme: str
    month: Month
    facts: Facts
    prefix: str
    pack_prefix: str
    day: Any
    area: Area
    since: datetime | None
    once: bool = False

    def values(self) -> Mapping[str, Any]:
        """What the queries bind."""
        return {
            "run_id": self.run_id,
            "scope": self.scope,
            "programme": self.programme,
            "first": self.month.first,
            "last": self.month.last,
            "day": self.day,
            "prefix": self.pack_prefix,
            "lo": self.prefix,
            "hi": self.prefix + ":",
            "counties": list(self.area.counties),
            "area": list(self.area.prefixes),
            "since": self.since,
            "once": self.once,
        }


def _changed(facts: Facts) -> str:
    others = f"{_STACKED.format(key=facts.key)} UNION {_ELSEWHERE.format(key=facts.key)}"
    if facts is APPLICATION:
        others = applications.SAME.format(ids=others)
    return f"{_CHANGED[facts.name]} UNION {others}"


def regular(facts: Facts) -> str:
    """The query for everybody whom a month's first run looks at."""
    return facts_sql.query(facts, _REGULAR[facts.name])


async def freeze(session: AsyncSession, planned: Planned) -> int:
    """Copy a scope's inputs; returns how many rows there are."""
    values = planned.values()
    whose, meals = _REGULAR[planned.facts.name], "true"
    if planned.since is not None:
        await session.execute(
            text(
                "INSERT INTO run_candidates (run_id, scope, subject_id) SELECT DISTINCT CAST(:run_id AS uuid),"
                f" CAST(:scope AS int), changed.* FROM ({_changed(planned.facts)}) changed"
            ),
            values,
        )
        whose, meals = _AGAIN[planned.facts.name], _CANDIDATE.format(who="f.senior_id")
    if planned.facts is APPLICATION:
        await _dispute(session, planned, whose)
    columns = ", ".join(planned.facts.frozen)
    result = await session.execute(
        text(
            f"INSERT INTO {planned.facts.table} (run_id, scope, month, {columns})"
            f" SELECT CAST(:run_id AS uuid), CAST(:scope AS int), CAST(:first AS date), {columns}"
            f" FROM ({facts_sql.query(planned.facts, whose, meals=meals, paid=False)}) frozen"
            f" ORDER BY {planned.facts.order}"
        ),
        values,
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # an INSERT has one


async def _dispute(session: AsyncSession, planned: Planned, whose: str) -> None:
    """Write down which rows the register contradicts, and how many applications of this scope they concern."""
    found = facts_sql.query(planned.facts, whose, paid=False)
    mine = f"SELECT * FROM ({found}) mine WHERE disputes <> '[]' AND {lies('mine.region')}"
    await disputes.keep(session, mine, planned.values())
    await session.execute(
        text(
            "INSERT INTO run_notices (run_id, scope, region, programme, month, kind, outcome, reason, subjects,"
            " amount_fen) SELECT r.id, CAST(:scope AS int), r.region, CAST(:programme AS text), CAST(:first AS date),"
            " 'disputed', 'held', 'register_contradicts', d.number, 0 FROM runs r,"
            f" (SELECT count(DISTINCT application_id) AS number FROM ({mine}) q) d"
            " WHERE r.id = :run_id AND d.number > 0"
        ),
        planned.values(),
    )


async def counties(session: AsyncSession, prefix: str) -> list[str]:
    """The six-digit units below a prefix that have anything to decide about, past households included."""
    places = [f"SELECT region FROM {table}" for table in ("seniors", "admissions", "meal_facts", "applications")]
    places.append("SELECT e->>'region' FROM seniors, jsonb_array_elements(residences) e WHERE moved")
    queries = [
        f"SELECT DISTINCT left(region, 6) FROM ({place}) place (region) WHERE region >= :lo AND region < :hi"
        for place in places
    ]
    rows = await session.execute(text(" UNION ".join(queries)), {"lo": prefix, "hi": prefix + ":"})
    return sorted(rows.scalars())


@dataclass(frozen=True)
class Before:
    """A programme's month decided before: in which parts of a run's region, since when facts there are new.

    ``basis``: the law that all of them were last looked at by; None where they differ.
    """

    month: Month
    programme: str
    prefixes: tuple[str, ...]
    frozen_at: datetime
    basis: str | None


async def looked_at(
    session: AsyncSession, run_id: UUID, prefix: str, upto: Month, counties: Sequence[str]
) -> list[Before]:
    """The months that approved runs decided here, but for the parts that another undecided run looks at now."""
    rows = await session.execute(
        text(
            "SELECT s.month, s.programme, p.prefix, max(s.frozen_at) FILTER (WHERE f.decided) AS frozen_at,"
            " (array_agg(s.basis ORDER BY s.frozen_at DESC)"
            " FILTER (WHERE f.decided AND s.counties && :counties))[1] AS basis, bool_or(NOT f.decided) AS undecided"
            " FROM run_scopes s JOIN runs r ON r.id = s.run_id CROSS JOIN LATERAL unnest(s.area) p (prefix)"
            " CROSS JOIN LATERAL (SELECT r.state IN ('approved', 'paid') AS decided) f"
            " WHERE s.run_id <> :run_id AND s.month <= :upto AND r.state NOT IN ('rejected', 'failed')"
            " AND (starts_with(p.prefix, :prefix) OR starts_with(:prefix, p.prefix))"
            " GROUP BY s.month, s.programme, p.prefix ORDER BY s.month, s.programme"
        ),
        {"run_id": run_id, "upto": upto.first, "prefix": prefix, "counties": list(counties)},
    )
    looks: dict[tuple[Month, str], list[Look]] = {}
    for row in rows:
        look = Look(row.prefix, row.frozen_at, row.basis, row.undecided)
        looks.setdefault((Month.of(row.month), row.programme), []).append(look)
    found = ((key, pieces(prefix, of_key)) for key, of_key in looks.items())
    return [_before(*key, parts) for key, parts in found if parts]


def _before(month: Month, programme: str, parts: Mapping[str, Look]) -> Before:
    bases = {one.basis for one in parts.values()}
    since = min(one.frozen_at or LONG_AGO for one in parts.values())
    return Before(month, programme, tuple(parts), since, bases.pop() if len(bases) == 1 else None)

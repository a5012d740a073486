"""The SQL that turns what we were told into a formula's inputs: for one subject, a whole region, now or as known then.

Each query has the places ``{whose}`` (which rows) and ``{seniors}`` … (current tables, or the versions known at a
moment). A period's last day counts; what is listed on a day is not paid from that day on.
"""

from __future__ import annotations

from collections.abc import Mapping

from services.subsidy.inputs import applications, disputes
from services.subsidy.inputs.domain import AGE, APPLICATION, STAY, UNIT, Facts

_HELD = """
    SELECT DISTINCT subject_kind, subject_id FROM {holds} h
    WHERE h.programme IS NULL OR h.programme = CAST(:programme AS text)
"""
_HOUSEHOLD_OF = """
    LEFT JOIN LATERAL (
        SELECT e->>'region' AS region FROM jsonb_array_elements({who}.residences) e
        WHERE (e->>'valid_from')::date <= CAST(:day AS date)
          AND coalesce((e->>'valid_to')::date >= CAST(:day AS date), true)
        ORDER BY e->>'valid_from' DESC LIMIT 1
    ) household ON true
"""
_HOUSEHOLD = _HOUSEHOLD_OF.format(who="s")
_ASSESSED = """
    LEFT JOIN LATERAL (
        SELECT CASE WHEN starts_with(e->>'scale', 'gbt42195') THEN (e->>'level')::bigint END AS level,
               CASE WHEN starts_with(e->>'scale', 'mzt039') THEN (e->>'level')::bigint END AS former,
               (e->>'valid_from')::date AS day
        FROM jsonb_array_elements({who}.abilities) e
        WHERE (e->>'valid_from')::date <= {day} AND coalesce((e->>'valid_to')::date >= {day}, true)
          AND e->>'level' IS NOT NULL
        ORDER BY e->>'valid_from' DESC LIMIT 1
    ) assessed ON true
"""
"""The assessment that stands on a day: its level by the standard that was applied, and its own day."""
PLACE = """
    CASE WHEN starts_with(household.region, CAST(:prefix AS text)) THEN household.region ELSE s.region END
"""
"""Who decides on a senior's age benefits: where the household lay on the reference day, if that is under the same
policy; otherwise where the senior is registered, so that nobody is in no population at all."""
_BANS = """
    SELECT l.subject_kind, l.subject_id, l.listed_on AS begins, least(l.until, d.delisted_on - 1) AS ends
    FROM {listings} l LEFT JOIN {delistings} d USING (decision_id)
    WHERE 'no_subsidy' = ANY (l.effects)
"""

_AGE_SQL = f"""
WITH held AS MATERIALIZED ({_HELD})
SELECT s.senior_id, {PLACE} AS region, s.birth_date, s.died_on, s.registered_on,
       coalesce(starts_with(household.region, CAST(:prefix AS text)), false) AS household_here,
       coalesce(starts_with(household.region, CAST(:prefix AS text)), false) AS resident_here,
       CASE WHEN s.abilities <> '[]' THEN (
           SELECT max((e->>'valid_from')::date) FROM jsonb_array_elements(s.abilities) e
           WHERE (e->>'valid_from')::date <= CAST(:day AS date) AND e->>'level' IS NOT NULL) END AS assessed_on,
       held.subject_id IS NOT NULL AS on_hold
FROM {{seniors}} s {_HOUSEHOLD}
LEFT JOIN held ON held.subject_id = s.senior_id AND held.subject_kind = 'senior'
WHERE {{whose}}
"""

_STAY_SQL = f"""
WITH held AS MATERIALIZED ({_HELD}), bans AS MATERIALIZED ({_BANS}),
stays AS MATERIALIZED (
    SELECT s.admission_id, s.senior_id, s.institution_id, s.region, s.care_levels,
           coalesce(person.abilities, '[]') AS abilities,
           coalesce(o.grades, '[]') AS grades, coalesce(o.operation_modes, '[]') AS modes,
           greatest(s.admitted_on, CAST(:first AS date)) AS begins,
           least(s.discharged_on, person.died_on, CAST(:last AS date)) AS ends
    FROM {{admissions}} s
    LEFT JOIN {{seniors}} person ON person.senior_id = s.senior_id
    LEFT JOIN {{organizations}} o ON o.organization_id = s.institution_id
    WHERE s.admitted_on <= CAST(:last AS date)
      AND least(s.discharged_on, person.died_on, CAST(:last AS date)) >= greatest(s.admitted_on, CAST(:first AS date))
      AND {{whose}}
),
turns AS (
    SELECT st.admission_id, turn.day FROM stays st
    CROSS JOIN LATERAL jsonb_array_elements(st.care_levels || st.grades || st.modes || st.abilities) e
    CROSS JOIN LATERAL (VALUES ((e->>'valid_from')::date), ((e->>'valid_to')::date + 1)) turn (day)
    WHERE turn.day > st.begins AND turn.day <= st.ends
    UNION SELECT st.admission_id, turn.day FROM stays st
    JOIN bans ON bans.subject_id = st.institution_id AND bans.subject_kind = 'organization'
    CROSS JOIN LATERAL (VALUES (bans.begins), (bans.ends + 1)) turn (day)
    WHERE turn.day > st.begins AND turn.day <= st.ends
    UNION SELECT admission_id, begins FROM stays
),
segments AS (
    SELECT st.*, t.day, coalesce(lead(t.day) OVER (PARTITION BY st.admission_id ORDER BY t.day) - 1, st.ends) AS until
    FROM stays st JOIN turns t USING (admission_id)
)
SELECT g.senior_id, g.institution_id, g.admission_id, g.region,
       extract(day FROM g.day)::int AS from_day, extract(day FROM g.until)::int AS to_day,
       (SELECT e->>'level' FROM jsonb_array_elements(g.care_levels) e
        WHERE (e->>'valid_from')::date <= g.day AND coalesce((e->>'valid_to')::date >= g.day, true)
        ORDER BY e->>'valid_from' DESC LIMIT 1) AS care_level,
       assessed.level AS assessed_level, assessed.former AS assessed_level_mzt039, assessed.day AS assessed_on,
       (SELECT (e->>'grade')::int FROM jsonb_array_elements(g.grades) e
        WHERE (e->>'valid_from')::date <= g.day AND coalesce((e->>'valid_to')::date >= g.day, true)
        ORDER BY e->>'valid_from' DESC LIMIT 1) AS grade,
       (SELECT e->>'mode' FROM jsonb_array_elements(g.modes) e
        WHERE (e->>'valid_from')::date <= g.day AND coalesce((e->>'valid_to')::date >= g.day, true)
        ORDER BY e->>'valid_from' DESC LIMIT 1) AS mode,
       EXISTS (SELECT FROM bans b WHERE b.subject_id = g.institution_id AND b.subject_kind = 'organization'
               AND b.begins <= g.day AND coalesce(b.ends >= g.day, true)) AS listed,
       EXISTS (SELECT FROM held WHERE (held.subject_kind, held.subject_id)
               IN (('senior', g.senior_id), ('organization', g.institution_id))) AS on_hold
FROM segments g {_ASSESSED.format(who="g", day="g.day")}
"""

_UNIT_SQL = f"""
WITH held AS MATERIALIZED ({_HELD}), bans AS MATERIALIZED ({_BANS}),
latest AS (
    SELECT DISTINCT ON (f.delivery_id) f.senior_id, f.vendor_id, f.service_date, f.region,
           CASE f.verdict WHEN 'verified' THEN f.meals ELSE 0 END AS meals
    FROM {{meal_facts}} f
    WHERE f.service_date BETWEEN CAST(:first AS date) AND CAST(:last AS date) AND {{meals}}
    ORDER BY f.delivery_id, f.sequence DESC, f.verdict
),
days AS (
    SELECT senior_id, vendor_id, service_date, min(region) AS region, sum(meals)::bigint AS units
    FROM latest GROUP BY senior_id, vendor_id, service_date
),
placed AS (
    SELECT d.senior_id, d.vendor_id, d.service_date, d.units, coalesce({PLACE}, d.region) AS region
    FROM days d LEFT JOIN {{seniors}} s USING (senior_id) {_HOUSEHOLD}
)
SELECT s.senior_id, s.vendor_id, s.region, s.service_date, s.units,
       EXISTS (SELECT FROM bans b WHERE b.subject_id = s.vendor_id AND b.subject_kind = 'organization'
               AND b.begins <= s.service_date AND coalesce(b.ends >= s.service_date, true)) AS listed,
       EXISTS (SELECT FROM held WHERE (held.subject_kind, held.subject_id)
               IN (('senior', s.senior_id), ('organization', s.vendor_id))) AS on_hold
FROM placed s
WHERE {{whose}}
"""

_SQL = {AGE.name: _AGE_SQL, STAY.name: _STAY_SQL, UNIT.name: _UNIT_SQL, APPLICATION.name: applications.ROWS}

NOW: Mapping[str, str] = {
    "seniors": "seniors",
    "organizations": "organizations",
    "admissions": "admissions",
    "meal_facts": "meal_facts",
    "listings": "listings",
    "delistings": "delistings",
    "holds": "(SELECT * FROM holds WHERE lifted_at IS NULL)",
    **applications.NOW,
}


def _versions(kind: str, table: str) -> str:
    return f"""(
        SELECT (jsonb_populate_record(NULL::{table}, v.snapshot)).* FROM (
            SELECT DISTINCT ON (subject_id) snapshot FROM subject_versions
            WHERE kind = '{kind}' AND received_at <= CAST(:known_at AS timestamptz) AND subject_id = ANY (:subjects)
            ORDER BY subject_id, version DESC) v)"""


_RECEIVED = "(SELECT * FROM {table} WHERE received_at <= CAST(:known_at AS timestamptz))"
THEN: Mapping[str, str] = {
    "seniors": _versions("senior", "seniors"),
    "organizations": _versions("organization", "organizations"),
    "admissions": _versions("admission", "admissions"),
    **{table: _RECEIVED.format(table=table) for table in ("meal_facts", "listings", "delistings")},
    "holds": "(SELECT * FROM holds WHERE placed_at <= CAST(:known_at AS timestamptz)"
    " AND coalesce(lifted_at > CAST(:known_at AS timestamptz), true))",
    **applications.THEN,
}
"""The same tables as they were known at ``:known_at``, for the ids in ``:subjects``."""


def query(facts: Facts, whose: str, *, meals: str = "true", paid: bool = True, sources: Mapping[str, str] = NOW) -> str:
    """The query for a kind of facts; ``whose`` is a condition on ``s`` and ``household``, ``meals`` one on ``f``.

    Without ``paid`` nobody asks what was paid for an application before: a calculation does that later.
    """
    before = applications.PAID.format(asked=str(paid).lower(), **sources)
    parts = {"held": _HELD.format(**sources), "bans": _BANS.format(**sources), "paid": before}
    parts |= {"known": disputes.KNOWN.format(**sources), "facts": disputes.FACTS, "disputed": disputes.HELD}
    parts |= {"household": _HOUSEHOLD_OF.format(who="p"), "counts": applications.COUNTS}
    return _SQL[facts.name].format(whose=whose, meals=meals, **parts, **sources)

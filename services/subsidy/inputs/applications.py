"""The SQL that turns applications into a programme's inputs: one row per row of facts, and what was paid before.

A standing line is one that is not void and that later lines have not taken back altogether. Of two that were paid, the
one decided first came before the other, whatever their months.
"""

from __future__ import annotations

NOW = {"applications": "applications", "lines": "lines"}
THEN = {
    "applications": "(SELECT a.id, a.programme, a.subject, a.senior_id, a.organization_id, a.worker_ref, a.worker_key,"
    " a.region, a.rows, a.first_month, a.last_month,"
    " CASE WHEN a.state = 'refused' THEN a.state ELSE 'accepted' END AS state,"
    " a.decided_at, CASE WHEN a.ended_at <= CAST(:known_at AS timestamptz) THEN a.ended_from END AS ended_from"
    " FROM applications a WHERE a.decided_at <= CAST(:known_at AS timestamptz)"
    " AND coalesce(a.withdrawn_at > CAST(:known_at AS timestamptz), true))",
    "lines": "(SELECT l.* FROM lines l JOIN runs r ON r.id = l.run_id"
    " WHERE r.calculated_at <= CAST(:known_at AS timestamptz))",
}
"""The same as they were known at ``:known_at``."""

COUNTS = """
    s.programme = CAST(:programme AS text) AND s.state IN ('accepted', 'ended')
    AND s.first_month <= CAST(:first AS date) AND coalesce(s.last_month >= CAST(:first AS date), true)
    AND coalesce(s.ended_from > CAST(:first AS date), true)
"""
"""Whether an application ``s`` counts in a month."""

PAID = """
    WITH standing AS (
        SELECT l.application_id, l.month,
               (array_agg(l.id ORDER BY l.id) FILTER (WHERE l.amount_fen > 0))[1] AS first_line,
               l.application_id = s.application_id AND l.month = CAST(:first AS date) AS own
        FROM applications o JOIN {lines} l ON l.application_id = o.id AND NOT l.void
        WHERE o.programme = CAST(:programme AS text) AND (o.subject = s.subject OR (o.worker_key IS NULL
            AND o.organization_id = s.organization_id AND o.worker_ref = s.worker_ref)) AND {asked}
        GROUP BY l.application_id, l.month HAVING sum(l.amount_fen) > 0
    ),
    earlier AS (
        SELECT application_id, month FROM standing e WHERE NOT e.own
        AND NOT EXISTS (SELECT FROM standing mine WHERE mine.own AND mine.first_line < e.first_line)
    ),
    counted AS (
        SELECT i.month, i.facts->>'bed_type' AS bed_type, i.facts->>'item' AS item, max(i.paid_count) AS counted
        FROM earlier e JOIN run_inputs_application i ON i.application_id = e.application_id AND i.month = e.month
        JOIN runs r ON r.id = i.run_id AND r.state NOT IN ('rejected', 'failed')
        WHERE i.paid_fen > 0 GROUP BY i.application_id, i.row, i.month, i.facts->>'bed_type', i.facts->>'item'
    ),
    beds AS (
        SELECT sum(c.counted) AS paid, c.bed_type = s.facts->>'bed_type' AS own,
               coalesce((SELECT sum((r->>'approved_beds')::bigint) FROM applications a,
                   jsonb_array_elements(a.rows) r WHERE a.id = s.application_id
                   AND r->>'bed_type' = c.bed_type), 0) AS approved
        FROM counted c WHERE c.bed_type IS NOT NULL GROUP BY c.bed_type
    )
    SELECT EXISTS (SELECT FROM earlier) AS paid_before,
           (SELECT coalesce(sum(b.paid) FILTER (WHERE b.own), 0)
               + coalesce(sum(greatest(b.paid - b.approved, 0)) FILTER (WHERE NOT b.own), 0)
               FROM beds b)::bigint AS beds_paid_before,
           coalesce((SELECT sum(c.counted) FROM counted c WHERE c.month <> CAST(:first AS date)
               AND date_trunc('year', c.month) = date_trunc('year', CAST(:first AS date))), 0)::bigint AS used_in_year,
           EXISTS (SELECT FROM counted c WHERE c.item = s.facts->>'item') AS item_paid_before
"""
"""What was paid to the subject of a row ``s`` already, in whichever run; its own line aside. Units of the same month
are not used up before: they share that month's calculation.

A bed is paid once, whatever it is called: beds that were paid as another type count as paid before as far as the
application does not name that many of the other type beside them."""

CHANGED = """
    SELECT o.id FROM applications o WHERE o.programme = CAST(:programme AS text) AND o.subject IN (
        SELECT a.subject FROM applications a
        WHERE a.programme = CAST(:programme AS text) AND {here} AND a.decided_at IS NOT NULL
        AND a.first_month <= CAST(:first AS date) AND coalesce(a.last_month >= CAST(:first AS date), true) AND (
            a.changed_at > CAST(:since AS timestamptz)
            OR a.senior_id IN (SELECT senior_id FROM seniors WHERE received_at > CAST(:since AS timestamptz))
            OR a.organization_id IN (
                SELECT organization_id FROM organizations WHERE received_at > CAST(:since AS timestamptz)
                UNION SELECT vendor_id FROM meal_facts WHERE received_at > CAST(:since AS timestamptz)
                AND service_date BETWEEN CAST(:first AS date) AND CAST(:last AS date))
            OR a.senior_id IN ({bans}) OR a.organization_id IN ({bans})
            OR a.senior_id IN ({holds}) OR a.organization_id IN ({holds})
            OR a.id NOT IN (SELECT l.application_id FROM lines l
                WHERE l.month = CAST(:first AS date) AND l.programme = CAST(:programme AS text) AND NOT l.void
                AND l.application_id IS NOT NULL GROUP BY 1 HAVING sum(l.amount_fen) > 0)
            OR CAST(:once AS boolean) AND a.subject IN (SELECT p.subject FROM applications p
                JOIN lines l ON l.application_id = p.id AND (l.void OR l.amount_fen < 0)
                JOIN runs r ON r.id = l.run_id
                AND (r.state = 'failed' OR greatest(r.calculated_at, r.decided_at) > CAST(:since AS timestamptz))
                WHERE p.programme = CAST(:programme AS text))))"""
"""The applications of everybody whose facts are new since ``:since``; of those who were paid nothing so far, for what
stood in their way may be gone; and where a thing is paid once, of those from whom anything was taken back."""

SAME = """
    SELECT o.id FROM applications o JOIN applications a ON a.programme = o.programme AND a.subject = o.subject
    WHERE a.id IN ({ids})
"""
"""All applications of the subjects of some, because caps are shared."""
OF_ORGANIZATION = """
    s.subject IN (SELECT a.subject FROM applications a
        WHERE a.organization_id = CAST(:subject AS uuid) AND a.programme = CAST(:programme AS text))
"""
"""Whatever bears on what an organisation gets: all that the subjects of its applications have."""

ROWS = """
WITH held AS MATERIALIZED ({held}), bans AS MATERIALIZED ({bans}),
told AS (
    SELECT s.id AS application_id, e.ordinality::int AS row, s.subject, s.senior_id, s.organization_id, s.worker_ref,
           s.region, {facts} AS facts, doubt.disputes,
           s.first_month AS applied_from, p.birth_date, p.died_on, p.sex, p.registered_on, p.abilities,
           starts_with(household.region, CAST(:prefix AS text)) AS household_here,
           EXISTS (SELECT FROM bans b WHERE (b.subject_kind, b.subject_id)
                   IN (('person', s.senior_id), ('organization', s.organization_id))
               AND b.begins <= coalesce((e.value->>'service_date')::date, CAST(:last AS date))
               AND coalesce(b.ends >= greatest(b.begins, coalesce((e.value->>'service_date')::date,
                   CAST(:first AS date))), true)) AS listed,
           s.worker_ref IS NOT NULL AND s.worker_key IS NULL
               OR EXISTS (SELECT FROM held WHERE (held.subject_kind, held.subject_id)
                   IN (('senior', s.senior_id), ('organization', s.organization_id))) AS on_hold,
           coalesce({disputed}, false) AS disputed
    FROM {applications} s
    LEFT JOIN {seniors} p ON p.senior_id = s.senior_id
    {household}
    CROSS JOIN LATERAL jsonb_array_elements(s.rows) WITH ORDINALITY e
    {known}
    WHERE {counts} AND {whose}
)
SELECT s.*, paid.* FROM told s CROSS JOIN LATERAL ({paid}) paid
"""

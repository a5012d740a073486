"""A life as a whole, seen from every region; dry runs of imports; the rules a name is indexed by."""

from deploy.migrations.kernel import sql

revision = "registry_0009_lives"
down_revision = "registry_0008_persons"
branch_labels = None
depends_on = None

THERE = """
SET LOCAL lock_timeout = '5s';
-- Dates only, whoever may see the facts: a stay in another district ends with a death as well. The senior stays locked
-- until the transaction ends, so that two changes of one life follow one another. A circumstance that was told for days
-- to come (what is left of one after a limited other one) did not happen yet, so nothing contradicts it.
CREATE FUNCTION life_of(whose uuid)
RETURNS TABLE (kind text, id uuid, region text, since date, until date, floor date)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    PERFORM FROM seniors WHERE senior_id = whose FOR UPDATE;
    RETURN QUERY
    SELECT 'birth', s.senior_id, s.region, s.birth_date, NULL::date, NULL::date FROM seniors s
    WHERE s.senior_id = whose
    UNION ALL
    SELECT 'registration', s.senior_id, s.region, s.registered_on, NULL, NULL FROM seniors s
    WHERE s.senior_id = whose
    UNION ALL
    SELECT f.kind, f.fact_id, f.region, f.valid_from, f.valid_to, NULL FROM senior_facts f
    WHERE f.senior_id = whose AND f.superseded_at IS NULL
    AND (f.kind = 'death' OR f.valid_from <= (f.recorded_at AT TIME ZONE 'Asia/Shanghai')::date)
    UNION ALL
    SELECT 'assessment', a.assessment_id, a.region, a.assessed_on, NULL, NULL FROM assessments a
    WHERE a.senior_id = whose AND a.superseded_at IS NULL
    UNION ALL
    SELECT 'stay', a.admission_id, a.region, a.admitted_on, a.discharged_on,
        (SELECT min(m.valid_from) FROM organization_facts m
         WHERE m.organization_id = a.institution_id AND m.kind = 'operation_mode' AND m.superseded_at IS NULL)
    FROM admissions a WHERE a.senior_id = whose
    UNION ALL
    SELECT f.kind, f.fact_id, f.region, f.valid_from, f.valid_to, NULL FROM admissions a
    JOIN admission_facts f ON f.admission_id = a.admission_id
    WHERE a.senior_id = whose AND f.superseded_at IS NULL;
END $$;

ALTER TABLE imports ADD COLUMN dry_run boolean NOT NULL DEFAULT false;
-- A dry run registers nobody, so it remembers by itself whom its file named before; forgotten when it ends.
CREATE TABLE import_seen (
    import_id      uuid NOT NULL REFERENCES imports,
    identity_blind bytea NOT NULL,
    PRIMARY KEY (import_id, identity_blind)
);
-- Which numbers are on the register, seen or unseen, as an insert would find out.
CREATE FUNCTION registered_numbers(blinds bytea[]) RETURNS SETOF bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT identity_blind FROM seniors WHERE identity_blind = ANY(blinds)
$$;
-- Names on file, and those of a process that knows no version yet, are indexed by the first rules.
ALTER TABLE seniors ADD COLUMN name_rules int NOT NULL DEFAULT 1;
"""
BACK = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE seniors DROP COLUMN name_rules;
DROP FUNCTION registered_numbers;
DROP TABLE import_seen;
ALTER TABLE imports DROP COLUMN dry_run;
DROP FUNCTION life_of;
"""


def upgrade() -> None:
    """Make them."""
    sql(THERE)


def downgrade() -> None:
    """Take them away again."""
    sql(BACK)

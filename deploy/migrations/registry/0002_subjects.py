"""Ids that are new across all kinds of subject, and changes of accounts and identities that a second person decides."""

from deploy.migrations.kernel import region_scope_sql, sql

revision = "registry_0002_subjects"
down_revision = "registry_0001"
branch_labels = None
depends_on = None

KINDS = {
    "seniors": ("senior_id", "senior"),
    "organizations": ("organization_id", "organization"),
    "admissions": ("admission_id", "admission"),
    "contracts": ("contract_id", "contract"),
    "assessments": ("assessment_id", "assessment"),
    "imports": ("import_id", "import"),
}
"""Table to its key and to what such an id is called; the first kind of an old collision keeps the id."""

IDS = """
-- Which kind an id is of, in every region: row-level security hides rows, never this.
CREATE TABLE subject_ids (
    id   uuid PRIMARY KEY,
    kind text NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON subject_ids FROM registry;

-- Ids that had several kinds before they were held apart. Nobody is paid by such an id until it is put in order.
CREATE TABLE subject_collisions (
    id   uuid NOT NULL,
    kind text NOT NULL,
    PRIMARY KEY (id, kind)
);
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON subject_collisions FROM registry;

-- Every row that is added takes its id here first, whoever adds it. A concurrent taker is waited for: the second
-- statement sees what it committed.
CREATE FUNCTION take_subject_ids() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    taken uuid;
BEGIN
    EXECUTE format('INSERT INTO subject_ids (id, kind) SELECT %I, %L FROM added ORDER BY 1 ON CONFLICT DO NOTHING',
                   TG_ARGV[0], TG_ARGV[1]);
    EXECUTE format('SELECT s.id FROM added JOIN subject_ids s ON s.id = added.%I WHERE s.kind <> %L LIMIT 1',
                   TG_ARGV[0], TG_ARGV[1]) INTO taken;
    IF taken IS NOT NULL THEN
        RAISE unique_violation USING CONSTRAINT = 'subject_ids_pkey',
            MESSAGE = 'an id of this row belongs to a subject of another kind';
    END IF;
    RETURN NULL;
END $$;
"""
TRIGGER = """
CREATE TRIGGER take_id AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION take_subject_ids('{key}', '{kind}');
"""
FILL = "INSERT INTO subject_ids (id, kind) SELECT {key}, '{kind}' FROM {table} ON CONFLICT DO NOTHING;"
EVERY = " UNION ALL ".join(f"SELECT {key} AS id, '{kind}' AS kind FROM {table}" for table, (key, kind) in KINDS.items())
COLLISIONS = f"""
INSERT INTO subject_collisions (id, kind)
SELECT DISTINCT id, kind FROM ({EVERY}) each WHERE id IN (
    SELECT id FROM ({EVERY}) one GROUP BY id HAVING count(DISTINCT kind) > 1);
"""

CHANGES = """
-- Where money goes and who somebody is change by a request that a second person decides. Settled ones are the history.
CREATE TABLE changes (
    change_id        uuid PRIMARY KEY,
    region           text COLLATE "C" NOT NULL,
    version          int  NOT NULL,
    subject_kind     text NOT NULL CHECK (subject_kind IN ('senior', 'organization')),
    subject_id       uuid NOT NULL,
    topic            text NOT NULL CHECK (topic IN ('account', 'identity')),
    state            text NOT NULL CHECK (state IN ('requested', 'approved', 'refused', 'withdrawn')),
    old_value        bytea NOT NULL,
    new_value        bytea NOT NULL,
    document_no      text NOT NULL CHECK (document_no <> ''),
    reason           text,
    requested_by     text NOT NULL,
    requested_client text NOT NULL,
    requested_at     timestamptz NOT NULL,
    settled_by       text,
    settled_client   text,
    settled_at       timestamptz,
    settled_reason   text,
    CONSTRAINT changes_settled CHECK ((state = 'requested') = (settled_by IS NULL)),
    CONSTRAINT changes_four_eyes CHECK (state NOT IN ('approved', 'refused') OR settled_by <> requested_by)
);
CREATE UNIQUE INDEX changes_open ON changes (subject_kind, subject_id, topic) WHERE state = 'requested';
CREATE UNIQUE INDEX changes_page ON changes (region, change_id);
CREATE INDEX changes_subject ON changes (subject_id);
REVOKE UPDATE, DELETE, TRUNCATE ON changes FROM registry;
GRANT UPDATE (region, version, state, old_value, new_value, settled_by, settled_client, settled_at, settled_reason)
    ON changes TO registry;
"""
OF_AN_ORGANIZATION = "(CASE WHEN subject_kind = 'organization' THEN subject_id END)"


def upgrade() -> None:
    """Make them, and fill in the ids that are on file."""
    sql("SET LOCAL lock_timeout = '5s'")
    sql(IDS)
    for table, (key, kind) in KINDS.items():
        sql(TRIGGER.format(table=table, key=key, kind=kind) + FILL.format(table=table, key=key, kind=kind))
    sql(COLLISIONS)
    sql(CHANGES + region_scope_sql("changes", OF_AN_ORGANIZATION))


def downgrade() -> None:
    """Take them away again."""
    sql("SET LOCAL lock_timeout = '5s'")
    sql("".join(f"DROP TRIGGER take_id ON {table};" for table in KINDS))
    sql("DROP FUNCTION take_subject_ids; DROP TABLE changes, subject_collisions, subject_ids")

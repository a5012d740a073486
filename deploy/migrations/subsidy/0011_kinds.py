"""The kind of a subject belongs to its key: in the history of snapshots and in the holds in force."""

from deploy.migrations.kernel import sql

revision = "subsidy_0011_kinds"
down_revision = "subsidy_0010_totals"
branch_labels = None
depends_on = None

THERE = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE subject_versions DROP CONSTRAINT subject_versions_pkey, ADD PRIMARY KEY (subject_id, version, kind);
DROP INDEX holds_active;
CREATE UNIQUE INDEX holds_active ON holds (subject_id, programme, subject_kind) NULLS NOT DISTINCT
    WHERE lifted_at IS NULL;
"""
# Of two kinds under one id, the older key has room for one.
BACK = """
SET LOCAL lock_timeout = '5s';
DELETE FROM subject_versions v USING subject_versions w
WHERE v.subject_id = w.subject_id AND v.version = w.version AND v.kind > w.kind;
ALTER TABLE subject_versions DROP CONSTRAINT subject_versions_pkey, ADD PRIMARY KEY (subject_id, version);
UPDATE holds h SET lifted_by = 'migration', lifted_at = clock_timestamp(), lift_reason = 'one id, two kinds'
FROM holds o WHERE h.subject_id = o.subject_id AND h.programme IS NOT DISTINCT FROM o.programme
    AND h.lifted_at IS NULL AND o.lifted_at IS NULL AND h.subject_kind > o.subject_kind;
DROP INDEX holds_active;
CREATE UNIQUE INDEX holds_active ON holds (subject_id, programme) NULLS NOT DISTINCT WHERE lifted_at IS NULL;
"""


def upgrade() -> None:
    """Make it."""
    sql(THERE)


def downgrade() -> None:
    """Take it away again."""
    sql(BACK)

"""Whom a benefit counts by: workers by the register's key, and what the register knows of a home."""

from pathlib import Path

from deploy.migrations.kernel import append_only, region_scope, sql

revision = "subsidy_0012_persons"
down_revision = "subsidy_0011_kinds"
branch_labels = None
depends_on = None

BACK = """
SET LOCAL lock_timeout = '5s';
DROP INDEX applications_subject;
ALTER TABLE applications DROP COLUMN subject;
ALTER TABLE applications ADD COLUMN subject text NOT NULL GENERATED ALWAYS AS (
    coalesce(senior_id::text, organization_id::text) || coalesce('/' || worker_ref, '')) STORED;
CREATE INDEX applications_subject ON applications (programme, subject);
ALTER TABLE applications DROP COLUMN worker_key;
ALTER TABLE organizations DROP COLUMN beds, DROP COLUMN profit;
DROP TABLE worker_keys, application_disputes;
"""


def upgrade() -> None:
    """Make them; workers' applications of before keep the number in their home as their subject."""
    sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
    region_scope("application_disputes")
    for table in ("worker_keys", "application_disputes"):
        append_only(table, "subsidy")


def downgrade() -> None:
    """Take them away again."""
    sql(BACK)

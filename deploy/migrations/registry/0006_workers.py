"""Keys of workers: which ones were made here. They tell persons apart and name nobody."""

from deploy.migrations.kernel import append_only, sql

revision = "registry_0006_workers"
down_revision = "registry_0005_totals"
branch_labels = None
depends_on = None

THERE = """
SET LOCAL lock_timeout = '5s';
CREATE TABLE worker_keys (
    worker_key text PRIMARY KEY,
    made_at    timestamptz NOT NULL
);
"""


def upgrade() -> None:
    """Make the table. A person is the same everywhere, so it carries no region scope."""
    sql(THERE)
    append_only("worker_keys", "registry")


def downgrade() -> None:
    """Take it away again; the same number has the same key for ever."""
    sql("SET LOCAL lock_timeout = '5s'; DROP TABLE worker_keys;")

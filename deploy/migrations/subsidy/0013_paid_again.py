"""A line that the bank pays twice, and then once more, has a recovery for each time."""

from deploy.migrations.kernel import sql

revision = "subsidy_0013_paid_again"
down_revision = "subsidy_0012_persons"
branch_labels = None
depends_on = None

THERE = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE recoveries DROP CONSTRAINT recoveries_line_id_key;
CREATE UNIQUE INDEX recoveries_line ON recoveries (line_id) WHERE reason <> 'paid_twice';
"""
BACK = """
SET LOCAL lock_timeout = '5s';
DROP INDEX recoveries_line;
ALTER TABLE recoveries ADD CONSTRAINT recoveries_line_id_key UNIQUE (line_id);
"""


def upgrade() -> None:
    """Make room for them."""
    sql(THERE)


def downgrade() -> None:
    """Take it away again; refused where a line has two by now, since neither may be lost."""
    sql(BACK)

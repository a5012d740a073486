"""A line may be with the bank in parts, as its account has room; and what another run paid is found again."""

from deploy.migrations.kernel import sql

revision = "subsidy_0016_lines_in_parts"
down_revision = "subsidy_0015_given_out"
branch_labels = None
depends_on = None

THERE = """
SET LOCAL lock_timeout = '5s';
DROP INDEX payment_items_live;
CREATE INDEX lines_elsewhere ON lines (programme) WHERE reason = 'decided_in_another_run';
"""
BACK = """
SET LOCAL lock_timeout = '5s';
DROP INDEX lines_elsewhere;
CREATE UNIQUE INDEX payment_items_live ON payment_items (line_id, month) WHERE state IN ('sent', 'settled');
"""


def upgrade() -> None:
    """Never more than was decided is what the ledger's trigger says of every line; the index said: never twice."""
    sql(THERE)


def downgrade() -> None:
    """Refused where a line is with the bank in parts by now."""
    sql(BACK)

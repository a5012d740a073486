"""What is paid for an item of a household: whether the same item was paid before."""

from deploy.migrations.kernel import sql

revision = "subsidy_0005_items"
down_revision = "subsidy_0004_stacking"
branch_labels = None
depends_on = None

THERE = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE run_inputs_application ADD COLUMN item_paid_before boolean;
"""
BACK = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE run_inputs_application DROP COLUMN item_paid_before;
"""


def upgrade() -> None:
    """Make it."""
    sql(THERE)


def downgrade() -> None:
    """Take it away again."""
    sql(BACK)

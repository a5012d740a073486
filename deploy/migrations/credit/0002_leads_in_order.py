"""Credit: a lead knows at which decision its delivery was found good, whichever came first."""

from deploy.migrations.inbox import forget_sources, know_sources
from deploy.migrations.kernel import sql

revision = "credit_0002_leads_in_order"
down_revision = "credit_0001"
branch_labels = None
depends_on = None

THERE = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE leads ADD COLUMN good bigint NOT NULL DEFAULT -1;
UPDATE leads SET good = sequence WHERE status = 'cleared';
"""
BACK = """
SET LOCAL lock_timeout = '5s';
DELETE FROM leads WHERE sequence < 0;
ALTER TABLE leads DROP COLUMN good;
"""


def upgrade() -> None:
    """Make them."""
    know_sources()
    sql(THERE)


def downgrade() -> None:
    """Take them away again."""
    sql(BACK)
    forget_sources()

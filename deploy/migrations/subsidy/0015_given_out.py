"""A payment file leaves the house at its first download; until then its batch may be withdrawn."""

from deploy.migrations.kernel import sql

revision = "subsidy_0015_given_out"
down_revision = "subsidy_0014_astray_lines"
branch_labels = None
depends_on = None

STATES = """
ALTER TABLE payment_batches DROP CONSTRAINT payment_batches_state_check;
ALTER TABLE payment_batches ADD CONSTRAINT payment_batches_state_check
    CHECK (state IN ('preparing', 'ready', 'closed', 'failed'{more}));
ALTER TABLE payment_items DROP CONSTRAINT payment_items_state_check;
ALTER TABLE payment_items ADD CONSTRAINT payment_items_state_check CHECK (state IN
    ('sent', 'settled', 'returned', 'confirmed', 'no_account', 'held', 'disputed', 'arrived'{more}));
"""
THERE = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE payment_batches ADD COLUMN given_at timestamptz;
UPDATE payment_batches SET given_at = prepared_at WHERE state IN ('ready', 'closed') AND rows > 0;
"""
BACK = """
SET LOCAL lock_timeout = '5s';
UPDATE payment_items SET state = 'confirmed' WHERE state = 'withdrawn';
UPDATE payment_batches SET state = 'closed' WHERE state = 'withdrawn';
ALTER TABLE payment_batches DROP COLUMN given_at;
"""


def upgrade() -> None:
    """What is ready by now may have been downloaded: it counts as given out."""
    sql(THERE + STATES.format(more=", 'withdrawn'"))


def downgrade() -> None:
    """A withdrawn row is one that came back and may go out again, which is what the ledger says of it."""
    sql(BACK + STATES.format(more=""))

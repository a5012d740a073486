"""Registry: the day on which an organisation closed; facts from other services in the order in which they were told."""

from deploy.migrations.inbox import forget_sources, know_sources
from deploy.migrations.kernel import sql

revision = "registry_0004_facts_in_order"
down_revision = "registry_0003_dead_letters"
branch_labels = None
depends_on = None

THERE = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE organizations ADD COLUMN closed_on date;
UPDATE organizations SET closed_on = (recorded_at AT TIME ZONE 'Asia/Shanghai')::date WHERE status = 'closed';
ALTER TABLE listed_organizations ADD COLUMN listed_told text COLLATE "C", ADD COLUMN delisted_told text COLLATE "C";
UPDATE listed_organizations SET listed_told = '' WHERE listed_on IS NOT NULL;
UPDATE listed_organizations SET delisted_told = '' WHERE delisted_on IS NOT NULL;
"""
BACK = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE listed_organizations DROP COLUMN listed_told, DROP COLUMN delisted_told;
ALTER TABLE organizations DROP COLUMN closed_on;
"""


def upgrade() -> None:
    """Make them."""
    know_sources()
    sql(THERE)


def downgrade() -> None:
    """Take them away again."""
    sql(BACK)
    forget_sources()

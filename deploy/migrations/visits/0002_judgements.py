"""Visits: facts with their days, so that judgements can follow them; decisions keep their reasons and their ground."""

from deploy.migrations.inbox import forget_sources, know_sources
from deploy.migrations.kernel import sql

revision = "visits_0002_judgements"
down_revision = "visits_0001"
branch_labels = None
depends_on = None

# What is there without its day keeps its meaning: who had moved away has no home on any day, who had closed was closed.
THERE = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE seniors ADD COLUMN homes text, ADD COLUMN stays date[] NOT NULL DEFAULT '{}';
UPDATE seniors SET homes = '[]' WHERE status = 'moved_out';
UPDATE seniors s SET stays = a.stays FROM (
    SELECT senior_id, array_agg(ARRAY[admitted_on, coalesce(discharged_on, 'infinity')]
        ORDER BY admitted_on, admission_id) AS stays FROM admissions GROUP BY senior_id) AS a
WHERE s.senior_id = a.senior_id;
ALTER TABLE organizations ADD COLUMN closed_on date;
UPDATE organizations SET closed_on = '-infinity' WHERE status = 'closed';
ALTER TABLE listings ADD COLUMN listed_told text COLLATE "C", ADD COLUMN delisted_told text COLLATE "C";
ALTER TABLE listings ALTER COLUMN ends_subsidy DROP NOT NULL;
UPDATE listings SET listed_told = '' WHERE listed_on IS NOT NULL;
UPDATE listings SET delisted_told = '' WHERE delisted_on IS NOT NULL;
ALTER TABLE delivery_decisions ADD COLUMN reasons text[], ADD COLUMN ground text;
CREATE INDEX delivery_versions_senior ON delivery_versions (senior_id, service_date);
CREATE INDEX delivery_versions_vendor ON delivery_versions (vendor_id, service_date);
"""
BACK = """
SET LOCAL lock_timeout = '5s';
DROP INDEX delivery_versions_senior, delivery_versions_vendor;
ALTER TABLE delivery_decisions DROP COLUMN reasons, DROP COLUMN ground;
UPDATE listings SET ends_subsidy = false WHERE ends_subsidy IS NULL;
ALTER TABLE listings DROP COLUMN listed_told, DROP COLUMN delisted_told, ALTER COLUMN ends_subsidy SET NOT NULL;
ALTER TABLE organizations DROP COLUMN closed_on;
ALTER TABLE seniors DROP COLUMN homes, DROP COLUMN stays;
"""


def upgrade() -> None:
    """Make them."""
    know_sources()
    sql(THERE)


def downgrade() -> None:
    """Take them away again."""
    sql(BACK)
    forget_sources()

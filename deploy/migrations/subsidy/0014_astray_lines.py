"""Lines outside the area of their run are found by their places, of which a run has few, and whoever may see them."""

from deploy.migrations.kernel import sql

revision = "subsidy_0014_astray_lines"
down_revision = "subsidy_0013_paid_again"
branch_labels = None
depends_on = None

CHECK = """
SET LOCAL lock_timeout = '5s';
CREATE OR REPLACE FUNCTION check_lines_in_area() RETURNS trigger LANGUAGE plpgsql {rights} SET search_path FROM CURRENT
AS $$
DECLARE
    astray text;
BEGIN
    SELECT place INTO astray FROM (
        SELECT {distinct} l.region AS place FROM lines l
        WHERE l.run_id = NEW.run_id AND l.scope = NEW.scope AND l.month = NEW.month
    ) places WHERE NOT may_hold(place, NEW.counties, NEW.area) LIMIT 1;
    IF astray IS NOT NULL THEN
        RAISE EXCEPTION 'a line in % lies outside the area of part % of run %', astray, NEW.scope, NEW.run_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lines_in_area';
    END IF;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    """Each place once, past row-level security."""
    sql(CHECK.format(rights="SECURITY DEFINER", distinct="DISTINCT"))


def downgrade() -> None:
    """Each line."""
    sql(CHECK.format(rights="SECURITY INVOKER", distinct=""))

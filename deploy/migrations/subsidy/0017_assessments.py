"""Assessments of the register reach money: kept with each senior, and frozen with each run."""

from deploy.migrations.kernel import sql

revision = "subsidy_0017_assessments"
down_revision = "subsidy_0016_lines_in_parts"
branch_labels = None
depends_on = None

UP = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE seniors ADD COLUMN abilities jsonb NOT NULL DEFAULT '[]';
UPDATE seniors s SET abilities = v.snapshot->'abilities' FROM subject_versions v
    WHERE v.kind = 'senior' AND v.subject_id = s.senior_id AND v.version = s.version
    AND jsonb_array_length(coalesce(v.snapshot->'abilities', '[]')) > 0;
ALTER TABLE run_inputs_age ADD COLUMN assessed_on date;
ALTER TABLE run_inputs_stay ADD COLUMN assessed_level bigint, ADD COLUMN assessed_level_mzt039 bigint,
    ADD COLUMN assessed_on date;
"""
DOWN = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE run_inputs_stay DROP COLUMN assessed_level, DROP COLUMN assessed_level_mzt039, DROP COLUMN assessed_on;
ALTER TABLE run_inputs_age DROP COLUMN assessed_on;
ALTER TABLE seniors DROP COLUMN abilities;
"""


def upgrade() -> None:
    """What was told of seniors before is taken from what is kept of it; runs of before know no assessments."""
    sql(UP)


def downgrade() -> None:
    """Only what was typed is known again."""
    sql(DOWN)

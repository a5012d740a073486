"""An application's assessments are frozen beside what it says, and what the register denies of it is marked."""

from deploy.migrations.kernel import sql

revision = "subsidy_0020_levels_applied_for"
down_revision = "subsidy_0019_persons"
branch_labels = None
depends_on = None

UP = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE run_inputs_application ADD COLUMN abilities jsonb, ADD COLUMN disputed boolean;
"""
DOWN = """
SET LOCAL lock_timeout = '5s';
UPDATE run_inputs_application SET on_hold = true WHERE disputed;
ALTER TABLE run_inputs_application DROP COLUMN abilities, DROP COLUMN disputed;
"""


def upgrade() -> None:
    """Runs of before know no assessments of applicants, and their disputes among the holds."""
    sql(UP)


def downgrade() -> None:
    """What was disputed is on hold again."""
    sql(DOWN)

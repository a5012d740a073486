"""Which lines a run may hold is one rule, and the database holds every calculated part of a run to it."""

from pathlib import Path

from deploy.migrations.kernel import sql

revision = "subsidy_0007_areas"
down_revision = "subsidy_0006_ledger"
branch_labels = None
depends_on = None

BACK = """
SET LOCAL lock_timeout = '5s';
DROP TRIGGER lines_in_area ON run_scopes;
DROP FUNCTION check_lines_in_area();
DROP FUNCTION may_hold(text, text[], text[]);
ALTER TABLE run_scopes DROP COLUMN area;
"""


def upgrade() -> None:
    """Make it; what was calculated keeps the area that it had in truth."""
    sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Take it away again."""
    sql(BACK)

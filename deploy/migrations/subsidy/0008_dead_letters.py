"""Dead letters of any record whatever, and of what could not be published."""

from deploy.migrations.kernel import HERE, sql

revision = "subsidy_0008_dead_letters"
down_revision = "subsidy_0007_areas"
branch_labels = None
depends_on = None

BACK = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE dead_letters DROP COLUMN place, DROP COLUMN size, DROP COLUMN digest, DROP COLUMN origin;
"""


def upgrade() -> None:
    """Make it."""
    sql((HERE / "dead_letters.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Take it away again."""
    sql(BACK)

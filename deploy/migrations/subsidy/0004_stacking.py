"""Several benefits of one senior in one month: a line may be paid less than it is due alone, and says why."""

from pathlib import Path

from deploy.migrations.kernel import sql

revision = "subsidy_0004_stacking"
down_revision = "subsidy_0003_applications"
branch_labels = None
depends_on = None

BACK = """
SET LOCAL lock_timeout = '5s';
DROP FUNCTION combine_lines(uuid, date, uuid[], bigint[], text[], text[], jsonb[], uuid[]);
ALTER TABLE lines DROP CONSTRAINT signs;
ALTER TABLE lines ADD CONSTRAINT signs CHECK (CASE kind WHEN 'regular' THEN amount_fen >= 0
    WHEN 'arrears' THEN amount_fen > 0
    ELSE kind = 'recovery' AND amount_fen < 0 AND corrects_line_id IS NOT NULL END);
ALTER TABLE lines DROP COLUMN stacking;
"""


def upgrade() -> None:
    """Make them."""
    sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Take them away again; back-pay that came to nothing must be gone before."""
    sql(BACK)

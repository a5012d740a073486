"""Applications: facts that no event brings, entered by one person, decided by another; and the lines they lead to."""

from pathlib import Path

from deploy.migrations.kernel import region_scope, sql

revision = "subsidy_0003_applications"
down_revision = "subsidy_0002_simulations"
branch_labels = None
depends_on = None

TABLES = ("applications", "run_inputs_application")
BACK = """
SET LOCAL lock_timeout = '5s';
DROP FUNCTION rival_application(uuid, text, text, date, date, uuid);
DROP FUNCTION organization_kind(uuid);
DROP TABLE run_inputs_application, applications;
ALTER TABLE run_scopes DROP COLUMN basis;
ALTER TABLE run_candidates RENAME COLUMN subject_id TO senior_id;
DROP INDEX lines_once;
ALTER TABLE lines DROP COLUMN application_id;
CREATE UNIQUE INDEX lines_once ON lines (senior_id, programme, beneficiary_id, sequence, month)
    NULLS NOT DISTINCT WHERE NOT void;
"""


def upgrade() -> None:
    """Make them."""
    sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
    for table in TABLES:
        region_scope(table)
    # What was applied for stays as it was written; only what became of it changes.
    sql("""
        REVOKE UPDATE, DELETE, TRUNCATE ON applications FROM subsidy;
        GRANT UPDATE (version, state, decided_by, decided_at, decision_reason, ended_from, ended_by, ended_at,
            end_reason, withdrawn_by, withdrawn_at, withdrawal_reason, changed_at) ON applications TO subsidy;
    """)


def downgrade() -> None:
    """Take them away again; lines of applications would have nothing to stand on, so they must be gone before."""
    sql(BACK)

"""Four eyes by person: the same subject in another spelling is no second one."""

from deploy.migrations.persons import forget_persons, know_persons, second_person

revision = "subsidy_0019_persons"
down_revision = "subsidy_0018_audit_waits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it."""
    know_persons()
    second_person("runs", "decided_by", "created_by", "submitted_by")
    second_person("applications", "decided_by", "submitted_by")
    second_person("recovery_requests", "decided_by", "requested_by")
    second_person("ledger", "confirmed_by", "recorded_by")


def downgrade() -> None:
    """Take it away again."""
    forget_persons()

"""Audit entries wait without a lock until the owner chains them; the login can move no head."""

from deploy.migrations.audit import chain_at_once, let_entries_wait

revision = "subsidy_0018_audit_waits"
down_revision = "subsidy_0017_assessments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it."""
    let_entries_wait("subsidy")


def downgrade() -> None:
    """Take it away again."""
    chain_at_once("subsidy")

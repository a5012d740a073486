"""Audit entries wait without a lock until the owner chains them; the login can move no head."""

from deploy.migrations.audit import chain_at_once, let_entries_wait

revision = "credit_0005_audit_waits"
down_revision = "credit_0004_subjects"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it."""
    let_entries_wait("credit", keeps_checkpoints=True)


def downgrade() -> None:
    """Take it away again."""
    chain_at_once("credit", keeps_checkpoints=True)

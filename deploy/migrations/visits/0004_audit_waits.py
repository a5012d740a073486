"""Audit entries wait without a lock until the owner chains them; the login can move no head."""

from deploy.migrations.audit import chain_at_once, let_entries_wait

revision = "visits_0004_audit_waits"
down_revision = "visits_0003_dead_letters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it."""
    let_entries_wait("visits")


def downgrade() -> None:
    """Take it away again."""
    chain_at_once("visits")

"""Subsidy: the inbox knows an event by its source and its id."""

from deploy.migrations.inbox import forget_sources, know_sources

revision = "subsidy_0009_inbox"
down_revision = "subsidy_0008_dead_letters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the inbox tell sources apart."""
    know_sources()


def downgrade() -> None:
    """Go back to ids alone."""
    forget_sources()

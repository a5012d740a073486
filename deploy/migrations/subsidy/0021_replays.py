"""How far each bus was told, and what is told once more."""

from deploy.migrations.replays import add_replays, drop_replays

revision = "subsidy_0021_replays"
down_revision = "subsidy_0020_levels_applied_for"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it."""
    add_replays("subsidy")


def downgrade() -> None:
    """Take it away again."""
    drop_replays("subsidy")

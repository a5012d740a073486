"""How far each bus was told, and what is told once more."""

from deploy.migrations.replays import add_replays, drop_replays

revision = "visits_0006_replays"
down_revision = "visits_0005_own_versions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it."""
    add_replays("visits")


def downgrade() -> None:
    """Take it away again."""
    drop_replays("visits")

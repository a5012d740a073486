"""How far each bus was told, and what is told once more."""

from deploy.migrations.replays import add_replays, drop_replays

revision = "credit_0007_replays"
down_revision = "credit_0006_persons"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it."""
    add_replays("credit")


def downgrade() -> None:
    """Take it away again."""
    drop_replays("credit")

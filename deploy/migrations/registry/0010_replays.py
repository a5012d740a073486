"""How far each bus was told, and what is told once more."""

from deploy.migrations.replays import add_replays, drop_replays

revision = "registry_0010_replays"
down_revision = "registry_0009_lives"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it."""
    add_replays("registry", "registry.seniors", "registry.organizations", "registry.admissions", "registry.workers")


def downgrade() -> None:
    """Take it away again."""
    drop_replays("registry")

"""Four eyes by person: the same subject in another spelling is no second one."""

from deploy.migrations.persons import forget_persons, know_persons, second_person

revision = "registry_0008_persons"
down_revision = "registry_0007_audit_waits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it."""
    know_persons()
    second_person("changes", "settled_by", "requested_by", when="NEW.state <> 'withdrawn'")


def downgrade() -> None:
    """Take it away again."""
    forget_persons()

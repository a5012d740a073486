"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}
"""

from deploy.migrations.kernel import sql

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Set a lock timeout so that a waiting migration never blocks the service behind it."""
    sql("SET LOCAL lock_timeout = '5s'")
    ${upgrades if upgrades else "sql('')"}


def downgrade() -> None:
    """Undo it."""
    sql("SET LOCAL lock_timeout = '5s'")
    ${downgrades if downgrades else "sql('')"}

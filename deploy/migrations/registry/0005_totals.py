"""Totals of an import are 64 bits wide."""

from deploy.migrations.kernel import sql

revision = "registry_0005_totals"
down_revision = "registry_0004_facts_in_order"
branch_labels = None
depends_on = None

NAMES = ("rows_total", "rows_read", "rows_done", "rows_rejected")


def _to(kind: str) -> str:
    changes = ", ".join(f"ALTER COLUMN {name} TYPE {kind}" for name in NAMES)
    return f"SET LOCAL lock_timeout = '5s'; ALTER TABLE imports {changes};"


def upgrade() -> None:
    """Make them wide."""
    sql(_to("bigint"))


def downgrade() -> None:
    """Make them narrow again."""
    sql(_to("int"))

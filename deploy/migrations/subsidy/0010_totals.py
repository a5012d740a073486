"""Totals and counts that grow with the money are 64 bits wide."""

from deploy.migrations.kernel import sql

revision = "subsidy_0010_totals"
down_revision = "subsidy_0009_inbox"
branch_labels = None
depends_on = None

WIDE = {
    "payment_batches": ("rows", "no_account"),
    "payment_returns": ("rows", "settled", "returned"),
    "run_inputs_unit": ("units",),
    "run_inputs_application": ("beds_paid_before", "used_in_year"),
}


def _to(kind: str) -> str:
    tables = [
        f"ALTER TABLE {table} {', '.join(f'ALTER COLUMN {name} TYPE {kind}' for name in names)};"
        for table, names in WIDE.items()
    ]
    return "SET LOCAL lock_timeout = '5s';" + "".join(tables)


def upgrade() -> None:
    """Make them wide."""
    sql(_to("bigint"))


def downgrade() -> None:
    """Make them narrow again."""
    sql(_to("int"))

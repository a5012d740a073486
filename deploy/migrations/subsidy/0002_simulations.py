"""Simulations: what a change of the law would cost. Nothing here is money; all of it goes after some days."""

from pathlib import Path

from deploy.migrations.kernel import region_scope, sql

revision = "subsidy_0002_simulations"
down_revision = "subsidy_0001"
branch_labels = None
depends_on = None

TABLES = ("simulations", "simulation_packs", "simulation_parts", "simulation_figures", "simulation_reasons")


def upgrade() -> None:
    """Make them."""
    sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
    for table in TABLES:
        region_scope(table)


def downgrade() -> None:
    """Take them away again."""
    sql("SET LOCAL lock_timeout = '5s'; " + "; ".join(f"DROP TABLE {table}" for table in reversed(TABLES)))

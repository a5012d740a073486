"""The subsidy service's tables: what it was told, what it froze, what it decided, what it paid."""

from pathlib import Path

from deploy.migrations.kernel import append_only, create_kernel, drop_kernel, region_scope, sql

revision = "subsidy_0001"
down_revision = None
branch_labels = None
depends_on = None

# PostgreSQL 18 makes UUIDv7 itself; older ones get the same from a function of ours, found after pg_catalog.
UUIDV7 = """
DO $do$ BEGIN
    IF to_regprocedure('pg_catalog.uuidv7()') IS NULL THEN
        CREATE FUNCTION uuidv7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
            SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
                substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
        $$;
    END IF;
END $do$;
"""

SCOPED = (
    "seniors", "organizations", "admissions", "subject_versions", "meal_facts", "holds", "runs", "run_scopes",
    "run_notices", "run_inputs_age", "run_inputs_stay", "run_inputs_unit", "lines", "payment_batches",
    "payment_items", "payment_returns", "recoveries", "recovery_entries",
)  # fmt: skip
APPEND_ONLY = ("subject_versions", "meal_facts", "listings", "delistings", "packs", "recoveries", "recovery_entries")


def upgrade() -> None:
    """Make them."""
    create_kernel("subsidy")
    sql(UUIDV7)
    for part in ("subjects", "runs", "money"):
        sql(Path(__file__).with_name(f"0001_{part}.sql").read_text(encoding="utf-8"))
    for table in SCOPED:
        region_scope(table)
    for table in APPEND_ONLY:
        append_only(table, "subsidy")
    # A decided line is never rewritten: a rejected run's lines become void, nothing else changes.
    sql("REVOKE UPDATE, DELETE, TRUNCATE ON lines FROM subsidy; GRANT UPDATE (void) ON lines TO subsidy;")


def downgrade() -> None:
    """Take everything in the schema away again, the kernel's part too."""
    sql("SET LOCAL lock_timeout = '5s'")
    drop_kernel("subsidy")

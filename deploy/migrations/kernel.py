"""What every service's migrations share: a plain-SQL runner, the kernel tables, region scope, month partitions."""

from __future__ import annotations

from pathlib import Path

from alembic import op

HERE = Path(__file__).parent
# Tables first, because functions and types may be used by them; Alembic's own table stays, Alembic writes to it.
EMPTY_SCHEMA = """
DO $$ DECLARE drop text; BEGIN
    FOR drop IN
        SELECT format('DROP TABLE IF EXISTS :service.%I CASCADE', tablename) FROM pg_tables
        WHERE schemaname = ':service' AND tablename <> 'alembic_version'
    LOOP EXECUTE drop; END LOOP;
    FOR drop IN
        SELECT 'DROP SEQUENCE ' || oid::regclass FROM pg_class
        WHERE relnamespace = ':service'::regnamespace AND relkind = 'S'
        UNION ALL SELECT 'DROP ROUTINE ' || oid::regprocedure FROM pg_proc WHERE pronamespace = ':service'::regnamespace
        UNION ALL SELECT 'DROP TYPE ' || oid::regtype FROM pg_type
        WHERE typnamespace = ':service'::regnamespace AND typtype = 'e'
    LOOP EXECUTE drop; END LOOP;
END $$;
"""


def sql(script: str) -> None:
    """Run a script of several statements in the migration's transaction."""
    raw = op.get_bind().connection.dbapi_connection
    raw.run_async(lambda connection: connection.execute(script))  # type: ignore[union-attr]  # asyncpg's adapter


def create_kernel(service: str) -> None:
    """The tables that ``shared`` needs in a service's schema: outbox, inbox, audit, idempotency, jobs."""
    from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment  # noqa: PLC0415  # only migrations need it

    for name in ("kernel.sql", "events_tables.sql"):
        sql((HERE / name).read_text(encoding="utf-8").replace(":service", service))
    sql(QueryBuilderEnvironment().build_install_query())


def drop_kernel(service: str) -> None:
    """Take away whatever is left in a service's schema, so that it is as it was before the first migration."""
    sql(EMPTY_SCHEMA.replace(":service", service))


def region_scope(table: str, organization_column: str | None = None) -> None:
    """Put a table under its regions; see ``region_scope_sql``."""
    sql(region_scope_sql(table, organization_column))


def region_scope_sql(table: str, organization_column: str | None = None) -> str:
    """Row-level security on ``region`` (text COLLATE "C"), and for vendors on their organisation.

    A range comparison, because that becomes an index condition; several prefixes are checked one by one after it.
    """
    organization = (
        f" AND (current_setting('anxiang.organization', true) = ''"
        f" OR {organization_column}::text = current_setting('anxiang.organization', true))"
        if organization_column
        else ""
    )
    return f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY region_scope ON {table} USING (
            region >= current_setting('anxiang.region_lo', true)
            AND region < current_setting('anxiang.region_hi', true)
            AND (current_setting('anxiang.prefixes', true) = '' OR EXISTS (
                SELECT FROM unnest(string_to_array(current_setting('anxiang.prefixes', true), ',')) AS prefix
                WHERE starts_with(region, prefix)))
            {organization});
        """


def append_only(table: str, service: str) -> None:
    """The service may add rows and read them, never change or delete one."""
    sql(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {service}")

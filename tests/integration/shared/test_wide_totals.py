"""Whatever counts money or sums up rows is 64 bits wide, in every table of every service and in every binding."""

from __future__ import annotations

import importlib

import pytest
from sqlalchemy import BigInteger, Integer, text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local import postgres as local_postgres
from deploy.migrations.run import SERVICES

SUMS = "(_fen|^amount|amount$|total|^sum|_sum$|_count$|^counted|^rows|^paid|^settled|^returned|^refused|^held|^units$)"
ALLOWED = {"assessments.total": "points of a form, at most those of its scale"}
NARROW = f"""
SELECT DISTINCT c.table_name || '.' || c.column_name FROM information_schema.columns c
LEFT JOIN pg_inherits i ON i.inhrelid = format('%I.%I', c.table_schema, c.table_name)::regclass
WHERE c.table_schema = ANY(:services) AND c.data_type IN ('integer', 'smallint', 'real') AND i.inhrelid IS NULL
  AND c.column_name ~ '{SUMS}' AND c.table_name !~ '^pgqueuer'
"""
NARROW_CASTS = """
SELECT p.proname FROM pg_proc p WHERE p.pronamespace::regnamespace::text = ANY(:services)
  AND p.prosrc ~* '(sum|count)\\([^)]*\\)\\s*::\\s*(int|integer|int4)\\y'
"""


async def test_every_total_in_the_database_is_wide(postgres: local_postgres.Server, database_name: str) -> None:
    engine = create_async_engine(postgres.superuser_url(database_name))
    async with engine.connect() as connection:
        narrow = set((await connection.execute(text(NARROW), {"services": list(SERVICES)})).scalars())
        casts = set((await connection.execute(text(NARROW_CASTS), {"services": list(SERVICES)})).scalars())
    await engine.dispose()
    assert narrow == set(ALLOWED)
    assert casts == set()


@pytest.mark.parametrize("service", SERVICES)
def test_every_number_of_a_table_is_bound_wide(service: str) -> None:
    """SQLAlchemy casts what it binds to the column's type: a narrow one refuses a sum that the column could hold."""
    importlib.import_module(f"services.{service}.app")
    from shared.database import ServiceBase  # noqa: PLC0415  # the tables are known once the service is

    narrow = {
        f"{mapper.local_table}.{column.name}"
        for mapper in ServiceBase.registry.mappers
        for column in mapper.columns
        if isinstance(column.type, Integer) and not isinstance(column.type, BigInteger)
    }
    assert list(ServiceBase.registry.mappers)
    assert narrow == set()

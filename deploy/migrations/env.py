"""Alembic's environment: runs one service's folder on the connection that ``run.py`` hands over."""

from alembic import context

connection = context.config.attributes["connection"]
service: str = context.config.attributes["service"]

context.configure(connection=connection, version_table_schema=service, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()

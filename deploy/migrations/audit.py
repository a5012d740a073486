"""Audit logs: entries wait until the owner chains them; and the checkpoints that one service keeps for another."""

import re

from deploy.migrations.kernel import HERE, append_only, sql

CHECKPOINTS = """
CREATE TABLE audit_checkpoints (
    service     text        NOT NULL,
    position    bigint      NOT NULL,
    hash        text        NOT NULL,
    at          timestamptz NOT NULL,
    signature   text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (service, position, hash, signature)
);
"""
# What waits is sealed first: an entry goes back into the old log in its place, though the old proof knows not its hash.
BACK = """
SET LOCAL lock_timeout = '5s';
SELECT seal_audit(2147483647);
DROP FUNCTION seal_audit(int);
DROP FUNCTION checkpoint_audit(interval);
DROP FUNCTION audit_field(text);
DROP TABLE audit_waiting, guesses;
ALTER TABLE audit_head DROP COLUMN told, DROP COLUMN told_at;
GRANT UPDATE ON audit_head TO :service;
GRANT INSERT ON audit_entries TO :service;
DO $$ DECLARE child regclass; BEGIN
    FOR child IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'audit_entries'::regclass
    LOOP EXECUTE format('GRANT INSERT ON %s TO :service', child); END LOOP;
END $$;
"""


def let_entries_wait(service: str, *, keeps_checkpoints: bool = False) -> None:
    """Entries are added without a lock and chained by the owner; old ones keep their positions and hashes."""
    sql((HERE / "audit.sql").read_text(encoding="utf-8").replace(":service", service))
    if keeps_checkpoints:
        sql(CHECKPOINTS)
        append_only("audit_checkpoints", service)


def chain_at_once(service: str, *, keeps_checkpoints: bool = False) -> None:
    """Go back to a head that the login moves."""
    if keeps_checkpoints:
        sql("DROP TABLE audit_checkpoints")
    sql(BACK.replace(":service", service))
    kernel = (HERE / "kernel.sql").read_text(encoding="utf-8").replace(":service", service)
    found = re.search(r"CREATE (FUNCTION ensure_month.*?END \$\$;)", kernel, re.DOTALL)
    assert found
    sql(f"CREATE OR REPLACE {found[1]}")

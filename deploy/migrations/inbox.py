"""The inbox of every service: an event is known by its source and its id together, as CloudEvents has it."""

from deploy.migrations.kernel import sql

# Rows from before name no source and stand for every one: what was handled is not handled again. The id stays first, so
# that inserts append and retention is a range.
_THERE = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE inbox ADD COLUMN source text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE inbox DROP CONSTRAINT inbox_pkey, ADD PRIMARY KEY (id, source);
"""
_BACK = """
SET LOCAL lock_timeout = '5s';
DELETE FROM inbox a USING inbox b WHERE a.id = b.id AND a.source > b.source;
ALTER TABLE inbox DROP CONSTRAINT inbox_pkey, ADD PRIMARY KEY (id);
ALTER TABLE inbox DROP COLUMN source;
"""


def know_sources() -> None:
    """Let the inbox tell sources apart."""
    sql(_THERE)


def forget_sources() -> None:
    """Go back to ids alone."""
    sql(_BACK)

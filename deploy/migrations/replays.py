"""The outbox told again: a mark per bus, the newest snapshots of months that are gone, and what operators ask for."""

import re

from deploy.migrations.kernel import HERE, sql

# Topics of snapshots deleted after seven days before; whoever is upgraded tells them whole, once.
WHOLE = """
INSERT INTO outbox_replays (id, topics, reason, requested_by)
SELECT gen_random_uuid(), '{{{topics}}}', 'topics of snapshots keep the newest of each key now', 'upgrade'
WHERE EXISTS (SELECT FROM outbox);
"""
BACK = """
SET LOCAL lock_timeout = '5s';
DROP FUNCTION drop_outbox_before(date, text[]);
DROP TABLE outbox_kept, outbox_replays;
DELETE FROM outbox_relay WHERE bus <> (SELECT bus FROM outbox_relay ORDER BY moved_at DESC, bus LIMIT 1);
ALTER TABLE outbox_relay DROP COLUMN bus,
    ADD COLUMN only_row bool PRIMARY KEY DEFAULT true CHECK (only_row);
"""


def add_replays(service: str, *snapshots: str) -> None:
    """Make it; ``snapshots``: the service's topics that are compacted from now on."""
    sql((HERE / "replays.sql").read_text(encoding="utf-8").replace(":service", service))
    if snapshots:
        sql(WHOLE.format(topics=",".join(snapshots)))


def drop_replays(service: str) -> None:
    """One mark for whichever bus, and no replays."""
    tables = (HERE / "events_tables.sql").read_text(encoding="utf-8").replace(":service", service)
    found = re.search(r"(CREATE FUNCTION drop_outbox_before.*?TO \w+;)", tables, re.DOTALL)
    assert found
    sql(BACK + found[1])

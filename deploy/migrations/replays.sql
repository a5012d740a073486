-- How far each bus was told: what one has had, another has not. The row of before is that of the first bus that leads.
-- :service is replaced by the service's name.
SET LOCAL lock_timeout = '5s';
ALTER TABLE outbox_relay DROP COLUMN only_row, ADD COLUMN bus text NOT NULL DEFAULT '' PRIMARY KEY;
ALTER TABLE outbox_relay ALTER COLUMN bus DROP DEFAULT;

-- The newest snapshot of each key from months that are gone, so that a topic can be told whole however old a state is.
CREATE TABLE outbox_kept (
    position    bigint      PRIMARY KEY,
    created_at  timestamptz NOT NULL,
    id          uuid        NOT NULL,
    topic       text        NOT NULL,
    type        text        NOT NULL,
    key         text        NOT NULL,
    traceparent text,
    data        bytea       NOT NULL,
    UNIQUE (topic, key)
);
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON outbox_kept FROM :service;

-- Retention: whole months older than a day go, but for what is still the newest of its key on topics of snapshots.
DROP FUNCTION drop_outbox_before(date);
CREATE FUNCTION drop_outbox_before(day date, snapshots text[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    child regclass;
    dropped int := 0;
BEGIN
    FOR child IN
        SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'outbox'::regclass
        AND right(inhrelid::regclass::text, 7) < to_char(day, 'YYYY_MM') ORDER BY inhrelid::regclass::text
    LOOP
        EXECUTE format(
            'INSERT INTO outbox_kept (position, created_at, id, topic, type, key, traceparent, data)'
            ' SELECT DISTINCT ON (topic, key) position, created_at, id, topic, type, key, traceparent, data FROM %s'
            ' WHERE topic = ANY ($1) ORDER BY topic, key, position DESC'
            ' ON CONFLICT (topic, key) DO UPDATE SET (position, created_at, id, type, traceparent, data) ='
            ' (excluded.position, excluded.created_at, excluded.id, excluded.type, excluded.traceparent, excluded.data)'
            ' WHERE outbox_kept.position < excluded.position', child) USING snapshots;
        EXECUTE format('DROP TABLE %s', child);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION drop_outbox_before(date, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_outbox_before(date, text[]) TO :service;

-- What an operator wants told once more. The leading relay does it between its own batches, so that no older state of a
-- key comes after a newer one. position: done up to here. The service needs SELECT, INSERT, UPDATE.
CREATE TABLE outbox_replays (
    id           uuid        PRIMARY KEY,
    topics       text[]      NOT NULL CHECK (cardinality(topics) > 0),
    since        timestamptz,
    until        timestamptz,
    reason       text        NOT NULL,
    requested_by text        NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    position     bigint      NOT NULL DEFAULT 0,
    sent         bigint      NOT NULL DEFAULT 0,
    finished_at  timestamptz
);
CREATE INDEX outbox_replays_open ON outbox_replays (requested_at, id) WHERE finished_at IS NULL;
REVOKE DELETE, TRUNCATE ON outbox_replays FROM :service;

-- Event tables of one service, after kernel.sql. Names are unqualified: search_path is the service's schema.
-- :service is replaced by the service's name.
-- Wanted by shared/events; the reasons are in docs/events.md.

-- A sequence of its own, because an identity column on a partitioned table needs PostgreSQL 17.
-- CACHE 1 on purpose: a cached block would let two sessions write positions in another order than they write rows.
CREATE SEQUENCE outbox_position AS bigint CACHE 1;

-- One row is one CloudEvent. Written once, never updated: what has been published is one number in outbox_relay.
-- created_at is the transaction's time and becomes ce_time; key becomes the Kafka key and ce_subject.
-- Month partitions by created_at: retention drops a partition. The service needs SELECT, INSERT.
CREATE TABLE outbox (
    position    bigint      NOT NULL DEFAULT nextval('outbox_position'),
    created_at  timestamptz NOT NULL DEFAULT now(),
    id          uuid        NOT NULL,
    topic       text        NOT NULL,
    type        text        NOT NULL,
    key         text        NOT NULL,
    traceparent text,
    data        bytea       NOT NULL,
    PRIMARY KEY (position, created_at)
) PARTITION BY RANGE (created_at);
REVOKE UPDATE, DELETE, TRUNCATE ON outbox FROM :service;
SELECT ensure_month('outbox', ((now() AT TIME ZONE 'Asia/Shanghai') + ahead * interval '1 month')::date)
FROM generate_series(0, 2) AS ahead;

-- Retention: whole months older than a day go. The parent's rights do not allow it, so this function does.
CREATE FUNCTION drop_outbox_before(day date) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    child regclass;
    dropped int := 0;
BEGIN
    FOR child IN
        SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'outbox'::regclass
        AND right(inhrelid::regclass::text, 7) < to_char(day, 'YYYY_MM')
    LOOP
        EXECUTE format('DROP TABLE %s', child);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION drop_outbox_before(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_outbox_before(date) TO :service;

-- How far the relay is. One row, so marking 10,000 events as published is one small update instead of 10,000.
-- gaps: positions below `position` that were not visible yet when the relay passed them (their transaction was still
-- open). asleep: writers NOTIFY only then, because NOTIFY serialises commits. The service needs SELECT, UPDATE.
CREATE TABLE outbox_relay (
    only_row bool           PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint         NOT NULL DEFAULT 0,
    gaps     int8multirange NOT NULL DEFAULT '{}',
    asleep   bool           NOT NULL DEFAULT true,
    moved_at timestamptz    NOT NULL DEFAULT now()
) WITH (fillfactor = 10);
INSERT INTO outbox_relay DEFAULT VALUES;

-- Events already handled. Not partitioned: uniqueness over received_at partitions would not be uniqueness of the id.
-- Ids are UUIDv7, so inserts append to the index and retention is a range delete on the primary key (id < bound).
-- The service needs SELECT, INSERT, DELETE.
CREATE TABLE inbox (
    id          uuid        PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);

-- Events that failed for good. data as received, even when it is not JSON. The service needs SELECT, INSERT, UPDATE.
-- requested: an operator wants it handled again; the service's consumer does it and says how it went.
CREATE TABLE dead_letters (
    id          uuid        PRIMARY KEY,
    event_id    uuid        NOT NULL,
    topic       text        NOT NULL,
    type        text        NOT NULL,
    key         text        NOT NULL,
    time        timestamptz NOT NULL,
    traceparent text,
    data        bytea       NOT NULL,
    error       text        NOT NULL,
    attempts    int         NOT NULL,
    failed_at   timestamptz NOT NULL DEFAULT now(),
    status      text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'requested', 'replayed', 'skipped')),
    resolved_at timestamptz,
    note        text
);
CREATE INDEX dead_letters_waiting ON dead_letters (status, failed_at) WHERE status IN ('open', 'requested');
CREATE INDEX dead_letters_event ON dead_letters (event_id);

-- Tables and functions that every service has in its own schema. Run as the schema's owner.
-- :service is replaced by the service's name, which is also its schema and its login.

CREATE FUNCTION has_month(parent text, child text) RETURNS boolean
LANGUAGE sql SET search_path FROM CURRENT AS $$
    -- A query, because to_regclass() may answer from a memory that waiting for an advisory lock does not refresh.
    SELECT EXISTS (SELECT FROM pg_inherits JOIN pg_class ON oid = inhrelid
                   WHERE inhparent = parent::regclass AND relname = child)
$$;

CREATE FUNCTION ensure_month(parent text, first date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'Asia/Shanghai' AS $$
DECLARE
    child text := format('%s_%s', parent, to_char(first, 'YYYY_MM'));
BEGIN
    IF to_regclass(child) IS NULL AND NOT has_month(parent, child) THEN
        PERFORM pg_advisory_xact_lock(hashtext(current_schema() || '.' || parent));
        IF NOT has_month(parent, child) THEN
            -- Made apart and then attached: that lock lets those go on who read and write the other months, and cannot
            -- end in a deadlock with one who has written before he needs the new month.
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL EXCLUDING IDENTITY)', child, parent);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                           parent, child, date_trunc('month', first)::date,
                           (date_trunc('month', first) + interval '1 month')::date);
            -- Read only through the parent, where row-level security holds; COPY may write here.
            EXECUTE format('REVOKE ALL ON %I FROM :service', child);
            EXECUTE format('GRANT INSERT ON %I TO :service', child);
        END IF;
    END IF;
    -- A lock on what was not locked before makes this session learn of a month that another one has just attached.
    EXECUTE format('LOCK TABLE %I IN ROW EXCLUSIVE MODE', child);
END $$;

CREATE TABLE idempotency_keys (
    client text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status smallint NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client, key)
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE TABLE audit_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint NOT NULL,
    hash bytea NOT NULL
);
INSERT INTO audit_head (position, hash) VALUES (0, ''::bytea);

CREATE TABLE audit_entries (
    position bigint NOT NULL,
    at timestamptz NOT NULL,
    region text COLLATE "C" NOT NULL,
    client text NOT NULL,
    subject text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    purpose text,
    detail json NOT NULL, -- not jsonb: its text is hashed, and jsonb rewrites numbers
    hash bytea NOT NULL,
    PRIMARY KEY (position, at)
) PARTITION BY RANGE (at);
REVOKE UPDATE, DELETE, TRUNCATE ON audit_entries FROM :service;
REVOKE INSERT, DELETE, TRUNCATE ON audit_head FROM :service;

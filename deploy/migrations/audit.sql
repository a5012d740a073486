-- Audit entries wait in a table of their own until the owner's function chains them. The login adds entries; position,
-- hash and head are out of its reach. :service is replaced by the service's name.

SET LOCAL lock_timeout = '5s';

-- Only what is committed can be seen here and sealed, so an entry that commits late gets a later position and none is
-- lost. Its time is the database's.
CREATE TABLE audit_waiting (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    region  text COLLATE "C" NOT NULL,
    client  text NOT NULL,
    subject text NOT NULL,
    action  text NOT NULL,
    target  text NOT NULL,
    purpose text,
    detail  json NOT NULL
);
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON audit_waiting FROM :service;
GRANT INSERT (region, client, subject, action, target, purpose, detail) ON audit_waiting TO :service;

-- How far the head has been told to the service that keeps checkpoints, and when.
ALTER TABLE audit_head ADD COLUMN told bigint NOT NULL DEFAULT 0,
    ADD COLUMN told_at timestamptz NOT NULL DEFAULT '-infinity';
REVOKE UPDATE ON audit_head FROM :service;
REVOKE INSERT ON audit_entries FROM :service;
DO $$ DECLARE child regclass; BEGIN
    FOR child IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'audit_entries'::regclass
    LOOP EXECUTE format('REVOKE ALL ON %s FROM :service', child); END LOOP;
END $$;

-- A field with its length before it, so that no two entries have the same text; - for none.
CREATE FUNCTION audit_field(value text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS $$
    SELECT coalesce(octet_length(value) || ':' || value, '-')
$$;

-- Chains what waits, in the order in which it was written, at most so many entries; returns how many. Sealers take
-- turns at the head's row, for which no writer waits.
CREATE FUNCTION seal_audit(most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    head audit_head;
    one record;
    month date;
    sealed int := 0;
BEGIN
    IF NOT EXISTS (SELECT FROM audit_waiting) THEN RETURN 0; END IF;
    SELECT * INTO head FROM audit_head FOR UPDATE;
    FOR one IN
        WITH taken AS (
            DELETE FROM audit_waiting WHERE id IN (SELECT id FROM audit_waiting ORDER BY id LIMIT most) RETURNING *)
        SELECT * FROM taken ORDER BY id
    LOOP
        IF month IS DISTINCT FROM date_trunc('month', one.at AT TIME ZONE 'Asia/Shanghai')::date THEN
            month := date_trunc('month', one.at AT TIME ZONE 'Asia/Shanghai')::date;
            PERFORM ensure_month('audit_entries', month);
        END IF;
        head.position := head.position + 1;
        head.hash := sha256(head.hash || convert_to(audit_field(head.position::text)
            || audit_field(to_char(one.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')) || audit_field(one.region)
            || audit_field(one.client) || audit_field(one.subject) || audit_field(one.action)
            || audit_field(one.target) || audit_field(one.purpose) || audit_field(one.detail::text), 'UTF8'));
        INSERT INTO audit_entries (position, at, region, client, subject, action, target, purpose, detail, hash)
        VALUES (head.position, one.at, one.region, one.client, one.subject, one.action, one.target, one.purpose,
                one.detail, head.hash);
        sealed := sealed + 1;
    END LOOP;
    UPDATE audit_head SET position = head.position, hash = head.hash;
    RETURN sealed;
END $$;

-- The head, if it has moved since it was told last, and that was long enough ago.
CREATE FUNCTION checkpoint_audit(every interval) RETURNS TABLE (sealed_position bigint, sealed_hash bytea)
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    UPDATE audit_head SET told = position, told_at = clock_timestamp()
    WHERE position > told AND told_at <= clock_timestamp() - every
    RETURNING position, hash
$$;

REVOKE ALL ON FUNCTION audit_field(text), seal_audit(int), checkpoint_audit(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seal_audit(int), checkpoint_audit(interval) TO :service;

-- How often a client asked by a number that nobody has, or that somebody has elsewhere, in an hour.
CREATE TABLE guesses (
    client text NOT NULL,
    hour   timestamptz NOT NULL,
    missed int NOT NULL,
    PRIMARY KEY (client, hour)
);

-- As before, except that a month of a table into which the login may not insert is closed to it too.
CREATE OR REPLACE FUNCTION ensure_month(parent text, first date) RETURNS void
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
            IF has_table_privilege(':service', parent::regclass, 'INSERT') THEN
                EXECUTE format('GRANT INSERT ON %I TO :service', child);
            END IF;
        END IF;
    END IF;
    -- A lock on what was not locked before makes this session learn of a month that another one has just attached.
    EXECUTE format('LOCK TABLE %I IN ROW EXCLUSIVE MODE', child);
END $$;

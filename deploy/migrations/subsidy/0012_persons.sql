SET LOCAL lock_timeout = '5s';

-- Keys that the register made; a person is the same everywhere, so they carry no region scope.
CREATE TABLE worker_keys (
    worker_key  text PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A worker is one person in every home: the key alone is the subject.
ALTER TABLE applications ADD COLUMN worker_key text;
DROP INDEX applications_subject;
ALTER TABLE applications DROP COLUMN subject;
ALTER TABLE applications ADD COLUMN subject text NOT NULL GENERATED ALWAYS AS (coalesce('worker/' || worker_key,
    coalesce(senior_id::text, organization_id::text) || coalesce('/' || worker_ref, ''))) STORED;
CREATE INDEX applications_subject ON applications (programme, subject);

-- What the register knows of a home besides; taken from the newest snapshot of each.
ALTER TABLE organizations ADD COLUMN beds jsonb, ADD COLUMN profit text;
UPDATE organizations o SET beds = v.snapshot->'beds', profit = v.snapshot->>'profit'
FROM subject_versions v WHERE v.subject_id = o.organization_id AND v.version = o.version;

-- What an application says and the register or a verified record contradicts; found again only if that says otherwise.
CREATE TABLE application_disputes (
    application_id uuid NOT NULL REFERENCES applications,
    month          date NOT NULL,
    row            int  NOT NULL,
    region         text COLLATE "C" NOT NULL,
    name           text NOT NULL,
    told           jsonb NOT NULL,
    known          jsonb NOT NULL,
    found_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (application_id, month, row, name, known)
);

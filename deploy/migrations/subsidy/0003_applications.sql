-- An application: a programme, whom it is for, its months, and rows of facts. ``subject`` is who gets a benefit once.
CREATE TABLE applications (
    id                uuid PRIMARY KEY,
    version           int  NOT NULL,
    region            text COLLATE "C" NOT NULL,
    programme         text NOT NULL,
    senior_id         uuid,
    organization_id   uuid,
    worker_ref        text,
    subject           text NOT NULL GENERATED ALWAYS AS (
        coalesce(senior_id::text, organization_id::text) || coalesce('/' || worker_ref, '')) STORED,
    first_month       date NOT NULL,
    last_month        date CHECK (last_month >= first_month),
    rows              jsonb NOT NULL CHECK (jsonb_array_length(rows) > 0),
    documents         jsonb NOT NULL,
    channel           text NOT NULL CHECK (channel IN ('online', 'offline')),
    note              text,
    state             text NOT NULL CHECK (state IN ('submitted', 'accepted', 'refused', 'ended', 'withdrawn')),
    submitted_by      text NOT NULL,
    submitted_at      timestamptz NOT NULL,
    decided_by        text,
    decided_at        timestamptz,
    decision_reason   text,
    ended_from        date CHECK (ended_from > first_month),
    ended_by          text,
    ended_at          timestamptz,
    end_reason        text,
    withdrawn_by      text,
    withdrawn_at      timestamptz,
    withdrawal_reason text,
    changed_at        timestamptz NOT NULL,
    CONSTRAINT a_beneficiary CHECK (coalesce(senior_id, organization_id) IS NOT NULL),
    CONSTRAINT four_eyes CHECK (decided_by <> submitted_by)
);
CREATE INDEX applications_region ON applications (region, id);
CREATE INDEX applications_subject ON applications (programme, subject);
CREATE INDEX applications_senior ON applications (senior_id);
CREATE INDEX applications_organization ON applications (organization_id);

-- Another application that stands for the same subject and programme in any of these months, seen by the caller or not.
CREATE FUNCTION rival_application(
    own uuid, of_programme text, of_subject text, from_month date, to_month date, of_organization uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT a.id FROM applications a
    WHERE a.programme = of_programme AND a.subject = of_subject AND a.id <> own
    AND a.state IN ('submitted', 'accepted', 'ended')
    AND (of_organization IS NULL OR a.organization_id = of_organization)
    AND a.first_month <= coalesce(to_month, 'infinity') AND from_month < coalesce(a.ended_from, 'infinity')
    AND from_month <= coalesce(a.last_month, 'infinity')
    ORDER BY a.id LIMIT 1
$$;
-- What an organisation is: one that works in a district may belong to another.
CREATE FUNCTION organization_kind(of_organization uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT kind FROM organizations WHERE organization_id = of_organization
$$;

-- One row of an application's facts, as frozen; what was paid before is added when the scope is calculated, and then
-- what this row was found to be worth.
CREATE TABLE run_inputs_application (
    run_id uuid NOT NULL, scope int NOT NULL, month date NOT NULL, region text COLLATE "C" NOT NULL,
    application_id uuid NOT NULL, row int NOT NULL, subject text NOT NULL,
    senior_id uuid, organization_id uuid, worker_ref text, facts jsonb NOT NULL,
    applied_from date NOT NULL, birth_date date, died_on date, sex text, registered_on date, household_here boolean,
    listed boolean NOT NULL, on_hold boolean NOT NULL,
    paid_before boolean, beds_paid_before int, used_in_year int,
    paid_fen bigint, paid_count bigint,
    PRIMARY KEY (run_id, scope, application_id, row, month)
) PARTITION BY RANGE (month);
CREATE INDEX run_inputs_application_paid ON run_inputs_application (application_id) WHERE paid_fen > 0;

-- Whom a look back re-examines: seniors, or applications.
ALTER TABLE run_candidates RENAME COLUMN senior_id TO subject_id;

-- The part of the law that a scope rested on; a look back examines everybody again only when it has changed.
ALTER TABLE run_scopes ADD COLUMN basis text;

ALTER TABLE lines ADD COLUMN application_id uuid;
DROP INDEX lines_once;
CREATE UNIQUE INDEX lines_once ON lines (senior_id, programme, beneficiary_id, application_id, sequence, month)
    NULLS NOT DISTINCT WHERE NOT void;
CREATE INDEX lines_application ON lines (application_id) WHERE application_id IS NOT NULL;

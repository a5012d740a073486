CREATE TABLE packs (
    hash      text PRIMARY KEY,
    content   text NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE runs (
    id           uuid PRIMARY KEY,
    month        date NOT NULL,
    region       text COLLATE "C" NOT NULL,
    prefix       text COLLATE "C" NOT NULL,
    number       int  NOT NULL,
    programmes   text[] NOT NULL,
    state        text NOT NULL CHECK (state IN
        ('draft', 'calculating', 'calculated', 'submitted', 'approved', 'rejected', 'paid', 'failed')),
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    frozen_at    timestamptz,
    calculated_at timestamptz,
    submitted_by text,
    submitted_at timestamptz,
    decided_by   text,
    decided_at   timestamptz,
    decision_reason text,
    attempts     int NOT NULL DEFAULT 0,
    error        text,
    UNIQUE (month, region, number),
    CONSTRAINT four_eyes CHECK (decided_by NOT IN (created_by, submitted_by))
);
CREATE UNIQUE INDEX runs_open ON runs (month, region)
    WHERE state IN ('draft', 'calculating', 'calculated', 'submitted');

-- Whether a run of another region that holds or lies in this one stands for the month, seen by the caller or not.
CREATE FUNCTION overlapping_run(of_month date, of_prefix text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT EXISTS (
        SELECT FROM runs WHERE month = of_month AND prefix <> of_prefix AND state NOT IN ('rejected', 'failed')
        AND (starts_with(prefix, of_prefix) OR starts_with(of_prefix, prefix)))
$$;

-- One part of a run: a programme in a month under one policy pack; frozen first, calculated later.
CREATE TABLE run_scopes (
    run_id        uuid NOT NULL REFERENCES runs,
    scope         int  NOT NULL,
    region        text COLLATE "C" NOT NULL,
    regular       boolean NOT NULL,
    programme     text NOT NULL,
    month         date NOT NULL,
    pack_hash     text NOT NULL REFERENCES packs,
    counties      text[] NOT NULL,
    frozen_at     timestamptz NOT NULL,
    rows          bigint NOT NULL,
    input_hash    text,
    calculated_at timestamptz,
    inputs        bigint,
    outside       bigint,
    paid          bigint,
    refused       bigint,
    held          bigint,
    amount_fen    bigint,
    PRIMARY KEY (run_id, scope),
    CONSTRAINT control_totals CHECK (inputs = outside + paid + refused + held)
);
CREATE INDEX run_scopes_month ON run_scopes (month, programme);

CREATE TABLE run_notices (
    run_id     uuid NOT NULL REFERENCES runs,
    scope      int  NOT NULL,
    region     text COLLATE "C" NOT NULL,
    programme  text NOT NULL,
    month      date NOT NULL,
    kind       text NOT NULL,
    outcome    text NOT NULL,
    reason     text,
    subjects   bigint NOT NULL,
    amount_fen bigint NOT NULL
);
CREATE INDEX run_notices_run ON run_notices (run_id);

CREATE TABLE run_inputs_age (
    run_id uuid NOT NULL, scope int NOT NULL, month date NOT NULL, region text COLLATE "C" NOT NULL,
    senior_id uuid NOT NULL, birth_date date NOT NULL, died_on date, registered_on date NOT NULL,
    household_here boolean NOT NULL, resident_here boolean NOT NULL, on_hold boolean NOT NULL,
    PRIMARY KEY (run_id, scope, senior_id, month)
) PARTITION BY RANGE (month);
CREATE TABLE run_inputs_stay (
    run_id uuid NOT NULL, scope int NOT NULL, month date NOT NULL, region text COLLATE "C" NOT NULL,
    senior_id uuid NOT NULL, institution_id uuid NOT NULL, admission_id uuid NOT NULL,
    from_day int NOT NULL, to_day int NOT NULL, care_level text, grade int, mode text,
    listed boolean NOT NULL, on_hold boolean NOT NULL,
    PRIMARY KEY (run_id, scope, senior_id, institution_id, admission_id, from_day, month)
) PARTITION BY RANGE (month);
CREATE TABLE run_inputs_unit (
    run_id uuid NOT NULL, scope int NOT NULL, month date NOT NULL, region text COLLATE "C" NOT NULL,
    senior_id uuid NOT NULL, vendor_id uuid NOT NULL, service_date date NOT NULL, units int NOT NULL,
    listed boolean NOT NULL, on_hold boolean NOT NULL,
    PRIMARY KEY (run_id, scope, senior_id, service_date, vendor_id, month)
) PARTITION BY RANGE (month);

-- Whom a look back re-examined, whether or not anything is known of them now.
CREATE TABLE run_candidates (
    run_id uuid NOT NULL, scope int NOT NULL, senior_id uuid NOT NULL,
    PRIMARY KEY (run_id, scope, senior_id)
);

-- The month is that of the entitlement. The natural key is what keeps anybody from being paid twice.
CREATE TABLE lines (
    id               uuid NOT NULL DEFAULT uuidv7(),
    run_id           uuid NOT NULL,
    scope            int  NOT NULL,
    month            date NOT NULL,
    region           text COLLATE "C" NOT NULL,
    programme        text NOT NULL,
    beneficiary_kind text NOT NULL,
    beneficiary_id   uuid NOT NULL,
    senior_id        uuid,
    sequence         int  NOT NULL,
    kind             text NOT NULL,
    amount_fen       bigint NOT NULL,
    outcome          text NOT NULL,
    reason           text,
    pack_hash        text NOT NULL,
    corrects_line_id uuid,
    void             boolean NOT NULL DEFAULT false,
    PRIMARY KEY (id, month),
    CONSTRAINT signs CHECK (CASE kind WHEN 'regular' THEN amount_fen >= 0 WHEN 'arrears' THEN amount_fen > 0
        ELSE kind = 'recovery' AND amount_fen < 0 AND corrects_line_id IS NOT NULL END)
) PARTITION BY RANGE (month);
CREATE UNIQUE INDEX lines_once ON lines (senior_id, programme, beneficiary_id, sequence, month)
    NULLS NOT DISTINCT WHERE NOT void;
CREATE INDEX lines_run ON lines (run_id, id);

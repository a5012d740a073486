"""The subsidy service's tables: what it was told, what it froze, what it decided, what it paid."""

from deploy.migrations.kernel import append_only, create_kernel, drop_kernel, region_scope, sql

revision = "subsidy_0001"
down_revision = None
branch_labels = None
depends_on = None

# PostgreSQL 18 makes UUIDv7 itself; older ones get the same from a function of ours, found after pg_catalog.
UUIDV7 = """
DO $do$ BEGIN
    IF to_regprocedure('pg_catalog.uuidv7()') IS NULL THEN
        CREATE FUNCTION uuidv7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
            SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
                substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
        $$;
    END IF;
END $do$;
"""

SUBJECTS = """
CREATE TABLE seniors (
    senior_id         uuid PRIMARY KEY,
    version           int  NOT NULL,
    region            text COLLATE "C" NOT NULL,
    birth_date        date NOT NULL,
    sex               text NOT NULL,
    status            text NOT NULL,
    died_on           date,
    death_reported_on date,
    registered_on     date NOT NULL,
    residences        jsonb NOT NULL,
    has_bank_account  boolean NOT NULL,
    moved             boolean NOT NULL GENERATED ALWAYS AS (jsonb_array_length(residences) > 1) STORED,
    recorded_at       timestamptz NOT NULL,
    received_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX seniors_region ON seniors (region);
CREATE INDEX seniors_moved ON seniors (senior_id) WHERE moved;
CREATE INDEX seniors_received ON seniors (received_at);

CREATE TABLE organizations (
    organization_id uuid PRIMARY KEY,
    version         int  NOT NULL,
    region          text COLLATE "C" NOT NULL,
    kind            text NOT NULL,
    name            text NOT NULL,
    status          text NOT NULL,
    operation_modes jsonb NOT NULL,
    grades          jsonb NOT NULL,
    recorded_at     timestamptz NOT NULL,
    received_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX organizations_received ON organizations (received_at);

CREATE TABLE admissions (
    admission_id   uuid PRIMARY KEY,
    version        int  NOT NULL,
    senior_id      uuid NOT NULL,
    institution_id uuid NOT NULL,
    region         text COLLATE "C" NOT NULL,
    admitted_on    date NOT NULL,
    discharged_on  date,
    care_levels    jsonb NOT NULL,
    recorded_at    timestamptz NOT NULL,
    received_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX admissions_region ON admissions (region);
CREATE INDEX admissions_senior ON admissions (senior_id);
CREATE INDEX admissions_institution ON admissions (institution_id);
CREATE INDEX admissions_received ON admissions (received_at);

-- Every snapshot ever received, so that "as known at" can be answered.
CREATE TABLE subject_versions (
    subject_id  uuid NOT NULL,
    version     int  NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('senior', 'organization', 'admission')),
    region      text COLLATE "C" NOT NULL,
    recorded_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    snapshot    jsonb NOT NULL,
    PRIMARY KEY (subject_id, version)
);

-- What verification said of a delivery; the highest sequence holds.
CREATE TABLE meal_facts (
    delivery_id  uuid NOT NULL,
    sequence     int  NOT NULL,
    verdict      text NOT NULL CHECK (verdict IN ('verified', 'flagged', 'rejected', 'reversed')),
    vendor_id    uuid NOT NULL,
    senior_id    uuid NOT NULL,
    region       text COLLATE "C" NOT NULL,
    service_date date NOT NULL,
    meals        int  NOT NULL CHECK (meals >= 0),
    reasons      text[] NOT NULL DEFAULT '{}',
    received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (delivery_id, sequence, verdict, service_date)
) PARTITION BY RANGE (service_date);
CREATE INDEX meal_facts_senior ON meal_facts (senior_id, service_date);
CREATE INDEX meal_facts_received ON meal_facts (received_at);

-- Decisions of any authority concern every region, so these two carry no region scope.
CREATE TABLE listings (
    decision_id  uuid PRIMARY KEY,
    subject_id   uuid NOT NULL,
    subject_kind text NOT NULL,
    list_kind    text NOT NULL,
    region       text NOT NULL,
    listed_on    date NOT NULL,
    until        date,
    legal_basis  text NOT NULL,
    document_no  text NOT NULL,
    effects      text[] NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX listings_subject ON listings (subject_id);
CREATE TABLE delistings (
    decision_id uuid PRIMARY KEY,
    subject_id  uuid NOT NULL,
    delisted_on date NOT NULL,
    reason      text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE holds (
    id           uuid PRIMARY KEY,
    subject_kind text NOT NULL CHECK (subject_kind IN ('senior', 'organization')),
    subject_id   uuid NOT NULL,
    region       text COLLATE "C" NOT NULL,
    programme    text,
    reason       text NOT NULL,
    placed_by    text NOT NULL,
    placed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    lifted_by    text,
    lifted_at    timestamptz,
    lift_reason  text
);
CREATE UNIQUE INDEX holds_active ON holds (subject_id, programme) NULLS NOT DISTINCT WHERE lifted_at IS NULL;
"""

RUNS = """
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
"""

MONEY = """
CREATE TABLE payment_batches (
    id          uuid PRIMARY KEY,
    run_id      uuid NOT NULL REFERENCES runs,
    region      text COLLATE "C" NOT NULL,
    month       date NOT NULL,
    number      int  NOT NULL,
    state       text NOT NULL CHECK (state IN ('preparing', 'ready', 'closed', 'failed')),
    encoding    text NOT NULL,
    rows        int,
    amount_fen  bigint,
    no_account  int,
    sha256      text,
    created_by  text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    prepared_at timestamptz,
    attempts    int NOT NULL DEFAULT 0,
    error       text,
    UNIQUE (run_id, number)
);
CREATE UNIQUE INDEX payment_batches_preparing ON payment_batches (run_id) WHERE state = 'preparing';

CREATE TABLE payment_items (
    batch_id         uuid NOT NULL,
    month            date NOT NULL,
    sequence         int  NOT NULL,
    line_id          uuid NOT NULL,
    line_month       date NOT NULL,
    region           text COLLATE "C" NOT NULL,
    programme        text NOT NULL,
    beneficiary_kind text NOT NULL,
    beneficiary_id   uuid NOT NULL,
    amount_fen       bigint NOT NULL CHECK (amount_fen > 0),
    remark           text NOT NULL,
    account          bytea,
    state            text NOT NULL CHECK (state IN ('sent', 'settled', 'returned', 'confirmed', 'no_account')),
    code             text,
    answered_on      date,
    confirmed_by     text,
    PRIMARY KEY (batch_id, sequence, month)
) PARTITION BY RANGE (month);
-- A line is never with the bank twice.
CREATE UNIQUE INDEX payment_items_live ON payment_items (line_id, month) WHERE state IN ('sent', 'settled');
CREATE INDEX payment_items_line ON payment_items (line_id);

CREATE TABLE payment_returns (
    batch_id    uuid NOT NULL REFERENCES payment_batches,
    sha256      text NOT NULL,
    region      text COLLATE "C" NOT NULL,
    rows        int NOT NULL,
    settled     int NOT NULL,
    returned    int NOT NULL,
    received_by text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (batch_id, sha256)
);

CREATE TABLE recoveries (
    id               uuid PRIMARY KEY DEFAULT uuidv7(),
    line_id          uuid NOT NULL UNIQUE,
    corrects_line_id uuid NOT NULL,
    run_id           uuid NOT NULL REFERENCES runs,
    region           text COLLATE "C" NOT NULL,
    programme        text NOT NULL,
    month            date NOT NULL,
    beneficiary_kind text NOT NULL,
    beneficiary_id   uuid NOT NULL,
    senior_id        uuid,
    reason           text NOT NULL,
    opened_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX recoveries_corrects ON recoveries (corrects_line_id);
CREATE INDEX recoveries_region ON recoveries (region, id);

CREATE TABLE recovery_entries (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    recovery_id uuid NOT NULL REFERENCES recoveries,
    region      text COLLATE "C" NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('opened', 'offset', 'repaid', 'waived')),
    amount_fen  bigint NOT NULL CHECK ((kind = 'opened') = (amount_fen > 0) AND amount_fen <> 0),
    line_id     uuid,
    document_no text,
    note        text,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX recovery_entries_recovery ON recovery_entries (recovery_id);
CREATE INDEX recovery_entries_line ON recovery_entries (line_id) WHERE line_id IS NOT NULL;
"""

SCOPED = (
    "seniors", "organizations", "admissions", "subject_versions", "meal_facts", "holds", "runs", "run_scopes",
    "run_notices", "run_inputs_age", "run_inputs_stay", "run_inputs_unit", "lines", "payment_batches",
    "payment_items", "payment_returns", "recoveries", "recovery_entries",
)  # fmt: skip
APPEND_ONLY = ("subject_versions", "meal_facts", "listings", "delistings", "packs", "recoveries", "recovery_entries")


def upgrade() -> None:
    """Make them."""
    create_kernel("subsidy")
    for script in (UUIDV7, SUBJECTS, RUNS, MONEY):
        sql(script)
    for table in SCOPED:
        region_scope(table)
    for table in APPEND_ONLY:
        append_only(table, "subsidy")
    # A decided line is never rewritten: a rejected run's lines become void, nothing else changes.
    sql("REVOKE UPDATE, DELETE, TRUNCATE ON lines FROM subsidy; GRANT UPDATE (void) ON lines TO subsidy;")


def downgrade() -> None:
    """Take everything in the schema away again, the kernel's part too."""
    sql("SET LOCAL lock_timeout = '5s'")
    drop_kernel("subsidy")

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

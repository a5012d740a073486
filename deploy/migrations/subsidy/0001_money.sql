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

-- A question: what would it cost, had the law been changed? ``region`` decides who sees it and all that hangs on it.
CREATE TABLE simulations (
    id          uuid PRIMARY KEY,
    region      text COLLATE "C" NOT NULL,
    request     jsonb NOT NULL,
    limits      jsonb NOT NULL, -- what the values break, where the request allows it, in Chinese and English
    state       text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    created_by  text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    planned_at  timestamptz,
    finished_at timestamptz,
    attempts    int NOT NULL DEFAULT 0,
    error       text
);
CREATE INDEX simulations_created ON simulations (created_at);

-- Both laws of it, in force and changed. Not in ``packs``: that table keeps what decided lines, for good.
CREATE TABLE simulation_packs (
    simulation_id uuid NOT NULL REFERENCES simulations ON DELETE CASCADE,
    hash          text NOT NULL,
    region        text COLLATE "C" NOT NULL,
    content       text NOT NULL,
    PRIMARY KEY (simulation_id, hash)
);

-- A programme in a month, for the counties under one pack. Worked out as a whole or not at all.
CREATE TABLE simulation_parts (
    simulation_id uuid NOT NULL REFERENCES simulations ON DELETE CASCADE,
    part          int  NOT NULL,
    region        text COLLATE "C" NOT NULL,
    programme     text NOT NULL,
    month         date NOT NULL,
    counties      text[] NOT NULL,
    prefix        text NOT NULL,
    today_hash    text,
    changed_hash  text,
    today_outcome text, today_reason text, -- why that side answers nobody; empty when it answers
    changed_outcome text, changed_reason text,
    rows          bigint,
    read_at       timestamptz,
    done_at       timestamptz,
    PRIMARY KEY (simulation_id, part)
);

-- People and fen by county, age and level; every total is a sum of these.
CREATE TABLE simulation_figures (
    simulation_id  uuid NOT NULL,
    part           int  NOT NULL,
    region         text COLLATE "C" NOT NULL,
    county         text NOT NULL,
    age_from       int,
    age_to         int,
    level          text,
    today_fen      bigint NOT NULL,
    changed_fen    bigint NOT NULL,
    paid_today     bigint NOT NULL,
    paid_changed   bigint NOT NULL,
    gaining        bigint NOT NULL,
    gaining_fen    bigint NOT NULL,
    losing         bigint NOT NULL,
    losing_fen     bigint NOT NULL,
    unchanged      bigint NOT NULL,
    newly          bigint NOT NULL,
    newly_fen      bigint NOT NULL,
    no_longer      bigint NOT NULL,
    no_longer_fen  bigint NOT NULL,
    FOREIGN KEY (simulation_id, part) REFERENCES simulation_parts ON DELETE CASCADE,
    CONSTRAINT difference CHECK (changed_fen - today_fen = gaining_fen + losing_fen + newly_fen + no_longer_fen),
    CONSTRAINT groups_today CHECK (paid_today = gaining + losing + unchanged + no_longer),
    CONSTRAINT groups_changed CHECK (paid_changed = gaining + losing + unchanged + newly)
);
CREATE INDEX simulation_figures_part ON simulation_figures (simulation_id, part);

-- Who is judged for another reason than today.
CREATE TABLE simulation_reasons (
    simulation_id   uuid NOT NULL,
    part            int  NOT NULL,
    region          text COLLATE "C" NOT NULL,
    today_outcome   text, today_reason text,
    changed_outcome text, changed_reason text,
    people          bigint NOT NULL,
    difference_fen  bigint NOT NULL,
    FOREIGN KEY (simulation_id, part) REFERENCES simulation_parts ON DELETE CASCADE
);
CREATE INDEX simulation_reasons_part ON simulation_reasons (simulation_id, part);

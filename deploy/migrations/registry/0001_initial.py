"""The registry's tables: seniors, facts, assessments, organisations, admissions, imports, search."""

from deploy.migrations.kernel import create_kernel, drop_kernel, region_scope, sql

revision = "registry_0001"
down_revision = None
branch_labels = None
depends_on = None

FACTS = """
CREATE TABLE {owner}_facts (
    fact_id       uuid PRIMARY KEY,
    {owner}_id    uuid NOT NULL{reference},
    region        text COLLATE "C" NOT NULL,
    kind          text NOT NULL,
    value         text NOT NULL,
    valid_from    date NOT NULL,
    valid_to      date CHECK (valid_to >= valid_from),
    source        text NOT NULL,
    recorded_at   timestamptz NOT NULL,
    recorded_by   text NOT NULL,
    superseded_at timestamptz
);
CREATE INDEX {owner}_facts_owner ON {owner}_facts ({owner}_id);
-- A fact is never edited: it only stops being known, or follows its owner to another region.
REVOKE UPDATE, DELETE, TRUNCATE ON {owner}_facts FROM registry;
GRANT UPDATE (region, superseded_at) ON {owner}_facts TO registry;
"""

SENIORS = """
CREATE TABLE seniors (
    senior_id       uuid PRIMARY KEY,
    region          text COLLATE "C" NOT NULL,
    version         int  NOT NULL,
    status          text NOT NULL CHECK (status IN ('active', 'deceased', 'moved_out')),
    birth_date      date NOT NULL,
    sex             text NOT NULL CHECK (sex IN ('male', 'female')),
    identity_kind   text NOT NULL,
    identity_blind  bytea NOT NULL CONSTRAINT seniors_identity UNIQUE,
    identity_number bytea NOT NULL,
    name            bytea NOT NULL,
    phone           bytea,
    address         bytea,
    bank_account    bytea,
    registered_on   date NOT NULL,
    import_id       uuid,
    recorded_at     timestamptz NOT NULL
);
CREATE UNIQUE INDEX seniors_page ON seniors (region, senior_id);

-- Seniors are never deleted, so their facts and tokens need no foreign key; checking one for every row, with a lock
-- on the senior each time, would take half of an import's time.
REVOKE DELETE, TRUNCATE ON seniors FROM registry;

-- Tokens are keyed hashes: nobody reads a name here.
CREATE TABLE name_tokens (
    token     bigint NOT NULL,
    region    text COLLATE "C" NOT NULL,
    senior_id uuid NOT NULL,
    PRIMARY KEY (token, region, senior_id)
);
CREATE INDEX name_tokens_senior ON name_tokens (senior_id);
"""

ASSESSMENTS = """
CREATE TABLE assessments (
    assessment_id   uuid PRIMARY KEY,
    senior_id       uuid NOT NULL REFERENCES seniors,
    region          text COLLATE "C" NOT NULL,
    scale           text NOT NULL,
    organization_id uuid NOT NULL,
    assessors       text[] NOT NULL,
    occasion        text NOT NULL,
    assessed_on     date NOT NULL,
    scores          jsonb NOT NULL,
    findings        jsonb NOT NULL,
    total           int NOT NULL,
    initial_level   int NOT NULL,
    final_level     int NOT NULL,
    reasons         text[] NOT NULL,
    recorded_at     timestamptz NOT NULL,
    recorded_by     text NOT NULL,
    superseded_at   timestamptz
);
CREATE INDEX assessments_senior ON assessments (senior_id, assessed_on);
REVOKE UPDATE, DELETE, TRUNCATE ON assessments FROM registry;
GRANT UPDATE (region, superseded_at) ON assessments TO registry;
"""

ORGANIZATIONS = """
CREATE TABLE organizations (
    organization_id    uuid PRIMARY KEY,
    region             text COLLATE "C" NOT NULL,
    version            int  NOT NULL,
    kind               text NOT NULL CHECK (kind IN ('institution', 'meal_vendor', 'community_centre', 'assessor')),
    name               text NOT NULL,
    social_credit_code text NOT NULL,
    status             text NOT NULL CHECK (status IN ('active', 'closed')),
    profit             text CHECK (profit IN ('for_profit', 'non_profit')),
    nursing_beds       int  NOT NULL CHECK (nursing_beds >= 0),
    ordinary_beds      int  NOT NULL CHECK (ordinary_beds >= 0),
    bank_account       bytea,
    recorded_at        timestamptz NOT NULL
);
CREATE UNIQUE INDEX organizations_page ON organizations (region, organization_id);

-- What may be known of an organisation in every region: which legal person it is and what it does.
CREATE TABLE organization_identities (
    social_credit_code text NOT NULL,
    kind               text NOT NULL,
    organization_id    uuid NOT NULL UNIQUE,
    PRIMARY KEY (social_credit_code, kind)
);

CREATE TABLE contracts (
    contract_id     uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations,
    region          text COLLATE "C" NOT NULL,
    service         text NOT NULL CHECK (service IN ('meal')),
    service_region  text NOT NULL,
    document_no     text NOT NULL,
    valid_from      date NOT NULL,
    valid_to        date CHECK (valid_to >= valid_from),
    recorded_at     timestamptz NOT NULL,
    recorded_by     text NOT NULL
);
CREATE INDEX contracts_organization ON contracts (organization_id);

-- What the credit service decided; a delisting may arrive before its listing. Decisions are public, so no region.
CREATE TABLE listed_organizations (
    decision_id     uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    list_kind       text,
    listed_on       date,
    until           date,
    document_no     text,
    delisted_on     date
);
CREATE INDEX listed_organizations_organization ON listed_organizations (organization_id);
"""

ADMISSIONS = """
CREATE TABLE admissions (
    admission_id   uuid PRIMARY KEY,
    senior_id      uuid NOT NULL REFERENCES seniors,
    institution_id uuid NOT NULL REFERENCES organizations,
    region         text COLLATE "C" NOT NULL,
    version        int  NOT NULL,
    admitted_on    date NOT NULL,
    discharged_on  date CHECK (discharged_on >= admitted_on),
    recorded_at    timestamptz NOT NULL
);
CREATE UNIQUE INDEX admissions_active ON admissions (senior_id) WHERE discharged_on IS NULL;
CREATE UNIQUE INDEX admissions_page ON admissions (region, admission_id);
CREATE INDEX admissions_senior ON admissions (senior_id);
CREATE INDEX admissions_institution ON admissions (institution_id);
"""

IMPORTS = """
CREATE TABLE imports (
    import_id    uuid PRIMARY KEY,
    region       text COLLATE "C" NOT NULL,
    prefixes     text[] NOT NULL,
    requested_by text NOT NULL,
    file_name    text NOT NULL,
    file_hash    bytea NOT NULL,
    encoding     text NOT NULL,
    columns      text[] NOT NULL,
    source       text NOT NULL,
    status       text NOT NULL CHECK (status IN ('waiting', 'running', 'finished', 'failed')),
    rows_total   int NOT NULL,
    rows_read    int NOT NULL,
    rows_done    int NOT NULL,
    rows_rejected int NOT NULL,
    error        text,
    created_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    CONSTRAINT in_is_done_or_rejected CHECK (rows_read = rows_done + rows_rejected),
    CONSTRAINT all_is_read CHECK (status <> 'finished' OR rows_read = rows_total)
);
CREATE UNIQUE INDEX imports_page ON imports (region, import_id);

-- The file as sent, encrypted in blocks; each is removed by the transaction that writes its rows.
CREATE TABLE import_blocks (
    import_id  uuid NOT NULL REFERENCES imports,
    first_line int  NOT NULL,
    region     text COLLATE "C" NOT NULL,
    content    bytea NOT NULL,
    PRIMARY KEY (import_id, first_line)
);

CREATE TABLE import_rejects (
    import_id   uuid NOT NULL REFERENCES imports,
    row_number  int  NOT NULL,
    column_name text NOT NULL,
    code        text NOT NULL,
    region      text COLLATE "C" NOT NULL,
    zh          text NOT NULL,
    en          text NOT NULL,
    PRIMARY KEY (import_id, row_number, column_name, code)
);
REVOKE UPDATE, DELETE, TRUNCATE ON import_rejects FROM registry;
"""

SCOPED = (
    *("seniors", "senior_facts", "name_tokens", "assessments", "organizations", "organization_facts", "contracts"),
    *("admission_facts", "imports", "import_blocks", "import_rejects"),
)


def upgrade() -> None:
    """Make the kernel's tables and the registry's own, each row with a region under row-level security."""
    sql("SET LOCAL lock_timeout = '5s'")
    create_kernel("registry")
    sql(SENIORS + FACTS.format(owner="senior", reference="") + ASSESSMENTS)
    sql(ORGANIZATIONS + FACTS.format(owner="organization", reference=" REFERENCES organizations"))
    sql(ADMISSIONS + FACTS.format(owner="admission", reference=" REFERENCES admissions"))
    sql(IMPORTS)
    for table in SCOPED:
        region_scope(table)
    region_scope("admissions", organization_column="institution_id")


def downgrade() -> None:
    """Take everything in the schema away again, the kernel's part too."""
    sql("SET LOCAL lock_timeout = '5s'")
    drop_kernel("registry")

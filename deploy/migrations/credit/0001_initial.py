"""The credit service's tables: subjects, records, list entries and their steps, leads."""

from deploy.migrations.kernel import append_only, create_kernel, drop_kernel, region_scope, sql

revision = "credit_0001"
down_revision = None
branch_labels = None
depends_on = None

SUBJECTS = """
CREATE TABLE subjects (
    subject_id         uuid PRIMARY KEY,
    version            bigint NOT NULL,
    region             text COLLATE "C" NOT NULL,
    kind               text NOT NULL,
    name               text NOT NULL,
    social_credit_code text NOT NULL,
    status             text NOT NULL
);
CREATE INDEX subjects_region ON subjects (region);
"""

RECORDS = """
CREATE TABLE records (
    record_id     uuid PRIMARY KEY,
    region        text COLLATE "C" NOT NULL,
    version       int  NOT NULL,
    subject_id    uuid NOT NULL,
    subject_kind  text NOT NULL CHECK (subject_kind IN ('organization', 'person')),
    subject_name  text NOT NULL,
    kind          text NOT NULL,
    record_class  text NOT NULL CHECK (record_class IN ('minor', 'general', 'serious')),
    facts         text NOT NULL,
    legal_basis   text NOT NULL CHECK (legal_basis <> ''),
    document_no   text NOT NULL CHECK (document_no <> ''),
    issuer        text NOT NULL,
    issued_on     date NOT NULL,
    published     bool NOT NULL,
    repair_from   date,
    ends_on       date,
    repaired_on   date CHECK (repaired_on >= repair_from),
    repair_no     text,
    commitment_no text,
    recorded_by   text NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    CHECK ((repaired_on IS NULL) = (repair_no IS NULL))
);
CREATE INDEX records_region ON records (region, record_id);
CREATE INDEX records_subject ON records (subject_id, record_id);
"""

LISTS = """
CREATE TABLE list_entries (
    entry_id        uuid PRIMARY KEY,
    region          text COLLATE "C" NOT NULL,
    version         int  NOT NULL,
    state           text NOT NULL CHECK (state IN ('proposed', 'noticed', 'heard', 'decided', 'dropped', 'served',
                                                   'published', 'repaired', 'expired', 'revoked')),
    subject_id      uuid NOT NULL,
    subject_kind    text NOT NULL CHECK (subject_kind IN ('organization', 'person')),
    subject_name    text NOT NULL,
    list_kind       text NOT NULL,
    legal_basis     text NOT NULL CHECK (legal_basis <> ''),
    ground          text NOT NULL,
    document_no     text NOT NULL CHECK (document_no <> ''),
    facts           text NOT NULL,
    proposed_by     text NOT NULL,
    noticed_on      date,
    statement_until date CHECK (statement_until >= noticed_on),
    decided_by      text CONSTRAINT list_entries_four_eyes CHECK (decided_by <> proposed_by),
    decided_on      date CHECK (decided_on >= noticed_on),
    decision_no     text,
    served_on       date CHECK (served_on >= decided_on),
    listed_on       date,
    until           date CHECK (until >= listed_on),
    repair_from     date,
    effects         text[] NOT NULL DEFAULT '{}',
    delisted_on     date CHECK (delisted_on >= listed_on),
    delisted_reason text,
    CHECK ((decided_by IS NULL) = (decided_on IS NULL) AND (decided_by IS NULL) = (decision_no IS NULL)),
    CONSTRAINT list_entries_due_process CHECK (
        listed_on IS NULL OR (decided_by IS NOT NULL AND noticed_on IS NOT NULL AND listed_on >= noticed_on)),
    CONSTRAINT list_entries_listed CHECK (
        (state IN ('proposed', 'noticed', 'heard', 'dropped')) = (listed_on IS NULL)),
    CONSTRAINT list_entries_ended CHECK (
        (state IN ('repaired', 'expired', 'revoked')) = (delisted_on IS NOT NULL))
);
CREATE INDEX list_entries_region ON list_entries (region, entry_id);
CREATE INDEX list_entries_subject ON list_entries (subject_id, entry_id);
CREATE INDEX list_entries_until ON list_entries (until) WHERE state IN ('decided', 'served', 'published');
-- One case at a time on a subject and a list.
CREATE UNIQUE INDEX list_entries_open ON list_entries (subject_id, list_kind)
    WHERE state IN ('proposed', 'noticed', 'heard', 'decided', 'served', 'published');

CREATE TABLE list_steps (
    step_id              uuid PRIMARY KEY,
    entry_id             uuid NOT NULL REFERENCES list_entries,
    region               text COLLATE "C" NOT NULL,
    step                 text NOT NULL,
    done_on              date NOT NULL,
    done_by              text NOT NULL,
    client               text NOT NULL,
    document_no          text NOT NULL CHECK (document_no <> ''),
    next_due_on          date,
    next_due_provisional bool NOT NULL,
    detail               jsonb NOT NULL,
    recorded_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX list_steps_entry ON list_steps (entry_id, step_id);
"""

LEADS = """
CREATE TABLE leads (
    lead_id       uuid PRIMARY KEY,
    region        text COLLATE "C" NOT NULL,
    subject_id    uuid NOT NULL,
    source        text NOT NULL,
    source_id     uuid NOT NULL,
    sequence      bigint NOT NULL,
    kind          text NOT NULL,
    occurred_on   date NOT NULL,
    evidence      jsonb NOT NULL,
    status        text NOT NULL CHECK (status IN ('open', 'cleared', 'used', 'dismissed')),
    entry_id      uuid REFERENCES list_entries,
    closed_by     text,
    closed_reason text,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT leads_source UNIQUE (source, source_id),
    CHECK ((status = 'used') = (entry_id IS NOT NULL)),
    CHECK ((status = 'dismissed') = (closed_reason IS NOT NULL))
);
CREATE INDEX leads_region ON leads (region, lead_id);
CREATE INDEX leads_subject ON leads (subject_id, lead_id);
"""


def upgrade() -> None:
    """Make the tables."""
    sql("SET LOCAL lock_timeout = '5s'")
    create_kernel("credit")
    for script in (SUBJECTS, RECORDS, LISTS, LEADS):
        sql(script)
    for table in ("subjects", "records", "list_entries", "leads"):
        region_scope(table, organization_column="subject_id")
    region_scope("list_steps")
    append_only("list_steps", "credit")


def downgrade() -> None:
    """Take this service's tables away, and the kernel's."""
    sql("SET LOCAL lock_timeout = '5s'")
    sql("DROP TABLE leads, list_steps, list_entries, records, subjects")
    drop_kernel("credit")

"""Visits: deliveries by month with their keys, history and decisions; read models of seniors, vendors, stays, lists."""

from deploy.migrations.kernel import append_only, create_kernel, drop_kernel, region_scope, sql

revision = "visits_0001"
down_revision = None
branch_labels = None
depends_on = None

SUBJECTS = """
CREATE TABLE seniors (
    senior_id uuid PRIMARY KEY,
    version   int  NOT NULL,
    region    text COLLATE "C" NOT NULL,
    status    text NOT NULL,
    died_on   date
);
CREATE TABLE organizations (
    organization_id uuid PRIMARY KEY,
    version         int   NOT NULL,
    region          text  COLLATE "C" NOT NULL,
    kind            text  NOT NULL,
    name            text  NOT NULL,
    status          text  NOT NULL,
    contracts       jsonb NOT NULL
);
CREATE TABLE admissions (
    admission_id   uuid PRIMARY KEY,
    version        int  NOT NULL,
    senior_id      uuid NOT NULL,
    admitted_on    date NOT NULL,
    discharged_on  date
);
CREATE INDEX admissions_senior ON admissions (senior_id);
-- Either of the two events about a listing may come first, so both halves may be missing.
CREATE TABLE listings (
    decision_id  uuid PRIMARY KEY,
    subject_id   uuid NOT NULL,
    ends_subsidy bool NOT NULL DEFAULT false,
    listed_on    date,
    until        date,
    delisted_on  date
);
CREATE INDEX listings_subject ON listings (subject_id);
"""

DELIVERIES = """
-- The current version of every delivery. Partitions are made when a month's first delivery comes.
CREATE TABLE deliveries (
    delivery_id       uuid        NOT NULL,
    region            text        COLLATE "C" NOT NULL,
    service_date      date        NOT NULL,
    slot              text        NOT NULL,
    evidence_grade    text        NOT NULL,
    verdict           text        NOT NULL CHECK (verdict IN ('verified', 'flagged', 'rejected')),
    reasons           text[]      NOT NULL,
    status            text        NOT NULL CHECK (status IN ('verified', 'flagged', 'rejected')),
    decision          int         NOT NULL,
    received_at       timestamptz NOT NULL,
    vendor_id         uuid        NOT NULL,
    event_id          text        COLLATE "C" NOT NULL,
    sequence          int         NOT NULL CHECK (sequence >= 1),
    senior_id         uuid        NOT NULL,
    service           text        NOT NULL,
    meals             int         NOT NULL CHECK (meals >= 1),
    started_at        timestamptz NOT NULL,
    ended_at          timestamptz NOT NULL CHECK (ended_at >= started_at),
    device_time       timestamptz NOT NULL,
    latitude          float8,
    longitude         float8,
    datum             text,
    accuracy_m        float8,
    mock              bool,
    method            text        NOT NULL,
    device_id         text,
    witness_ref       text,
    manual_reason     text,
    worker_ref        text        COLLATE "C" NOT NULL,
    photo_sha256      text,
    note              text,
    correction_reason text,
    PRIMARY KEY (delivery_id, service_date)
) PARTITION BY RANGE (service_date);
CREATE INDEX ON deliveries (senior_id, service_date);
CREATE INDEX ON deliveries (vendor_id, worker_ref, ended_at);
CREATE INDEX ON deliveries (region, delivery_id) WHERE status = 'flagged';

-- The natural key across months: inserting here decides who was first. service_date finds the partition.
CREATE TABLE delivery_keys (
    vendor_id    uuid NOT NULL,
    event_id     text COLLATE "C" NOT NULL,
    delivery_id  uuid NOT NULL,
    service_date date NOT NULL,
    PRIMARY KEY (vendor_id, event_id)
);
ALTER TABLE delivery_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY organization_scope ON delivery_keys USING (
    current_setting('anxiang.region_hi', true) <> ''
    AND current_setting('anxiang.organization', true) IN ('', vendor_id::text));

-- Versions that a higher sequence replaced, or that came after one. What is current lies in deliveries only.
CREATE TABLE delivery_versions (LIKE deliveries INCLUDING CONSTRAINTS, PRIMARY KEY (delivery_id, sequence));
ALTER TABLE delivery_versions ALTER verdict DROP NOT NULL, ALTER status DROP NOT NULL;

-- What changed a delivery's status after it came in.
CREATE TABLE delivery_decisions (
    delivery_id   uuid        NOT NULL,
    decision      int         NOT NULL,
    region        text        COLLATE "C" NOT NULL,
    vendor_id     uuid        NOT NULL,
    sequence      int         NOT NULL,
    former_status text        NOT NULL,
    status        text        NOT NULL,
    reason        text        NOT NULL,
    note          text,
    decided_by    text        NOT NULL,
    decided_at    timestamptz NOT NULL,
    PRIMARY KEY (delivery_id, decision)
);
"""

# Verification has to see the other vendors' meals and the courier's other districts, which the caller may not:
# a narrow function with its owner's eyes instead of a wider scope for the whole request. OFFSET 0 pins the plan to
# one index look-up per meal and per courier and day, whatever the statistics of a new month say; the first and last
# of the days leave out the other months.
NEIGHBOURS = """
CREATE FUNCTION neighbours(
    seniors uuid[], days date[], slots text[],
    vendor uuid, workers text[], worked date[], starts timestamptz[], ends timestamptz[], first date, last date)
RETURNS TABLE (delivery_id uuid, vendor_id uuid, senior_id uuid, service_date date, slot text, worker_ref text,
    started_at timestamptz, ended_at timestamptz, latitude float8, longitude float8, datum text, accuracy_m float8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT d.delivery_id, d.vendor_id, d.senior_id, d.service_date, d.slot, d.worker_ref,
           d.started_at, d.ended_at, d.latitude, d.longitude, d.datum, d.accuracy_m
    FROM unnest(seniors, days, slots) AS m (senior, day, slot) CROSS JOIN LATERAL (
        SELECT * FROM deliveries d
        WHERE d.senior_id = m.senior AND d.service_date = m.day AND d.slot = m.slot AND d.status <> 'rejected'
            AND d.service_date BETWEEN first - 1 AND last + 1
        OFFSET 0) AS d
    UNION ALL
    SELECT d.delivery_id, d.vendor_id, d.senior_id, d.service_date, d.slot, d.worker_ref,
           d.started_at, d.ended_at, d.latitude, d.longitude, d.datum, d.accuracy_m
    FROM unnest(workers, worked, starts, ends) AS w (worker, day, began, ended) CROSS JOIN LATERAL (
        SELECT * FROM deliveries d
        WHERE d.vendor_id = vendor AND d.worker_ref = w.worker AND d.service_date BETWEEN w.day - 1 AND w.day + 1
            AND d.ended_at > w.began AND d.started_at < w.ended AND d.status <> 'rejected'
            AND d.service_date BETWEEN first - 1 AND last + 1
        OFFSET 0) AS d;
END $$;
REVOKE ALL ON FUNCTION neighbours FROM PUBLIC;
GRANT EXECUTE ON FUNCTION neighbours TO visits;
"""

SCOPED = ("deliveries", "delivery_versions", "delivery_decisions")


def upgrade() -> None:
    """Make the kernel's tables, the read models and the deliveries, with what a vendor and a district may see."""
    sql("SET LOCAL lock_timeout = '5s'")
    create_kernel("visits")
    sql(SUBJECTS + DELIVERIES + NEIGHBOURS)
    region_scope("seniors")
    for table in SCOPED:
        region_scope(table, organization_column="vendor_id")
    for table in SCOPED[1:]:
        append_only(table, "visits")


def downgrade() -> None:
    """Take every table of the schema away again."""
    sql("SET LOCAL lock_timeout = '5s'")
    sql("DROP FUNCTION neighbours")
    for table in (*SCOPED, "delivery_keys", "seniors", "organizations", "admissions", "listings"):
        sql(f"DROP TABLE {table}")
    drop_kernel("visits")

"""One ledger per person, programme and month: what is owed and what may be sent are sums over it, in every order."""

from pathlib import Path

from deploy.migrations.kernel import append_only, region_scope, sql

revision = "subsidy_0006_ledger"
down_revision = "subsidy_0005_items"
branch_labels = None
depends_on = None

SCOPED = ("recovery_requests", "payment_answers")
APPEND_ONLY = ("accounts", "ledger", "payment_answers", "recovery_requests")
# An account never changes; whoever reckons with it locks its row, which needs the right to change something of it. Its
# id is held by everything that refers to it.
RIGHTS = """
GRANT UPDATE (id) ON accounts TO subsidy;
GRANT UPDATE (state, decided_by, decided_at, decision_reason) ON recovery_requests TO subsidy;
"""
BACK = """
SET LOCAL lock_timeout = '5s';
DROP TRIGGER ledger_holds ON ledger;
DROP FUNCTION ledger_holds();
DROP FUNCTION recovery_balances(uuid[]);
DROP INDEX payment_items_open;
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
INSERT INTO recovery_entries (recovery_id, region, kind, amount_fen, recorded_by, recorded_at)
SELECT r.id, r.region, 'opened', r.opened_fen, d.recorded_by, r.opened_at
FROM recoveries r JOIN ledger d ON d.line_id = r.line_id AND d.kind = 'decided';
INSERT INTO recovery_entries (recovery_id, region, kind, amount_fen, line_id, document_no, note, recorded_by,
    recorded_at)
SELECT r.id, r.region, CASE e.kind WHEN 'offset_out' THEN 'offset' ELSE e.kind END, -e.amount_fen, e.line_id,
    e.document_no, e.note, e.recorded_by, e.recorded_at
FROM ledger e JOIN recoveries r ON r.id = e.recovery_id WHERE e.kind IN ('repaid', 'waived', 'offset_out');
DROP FUNCTION post_decided(uuid, text);
ALTER TABLE recoveries DROP COLUMN account_id, DROP COLUMN opened_fen;
DROP TABLE recovery_requests, payment_answers, ledger, accounts;
ALTER TABLE payment_batches DROP COLUMN held, DROP COLUMN held_fen;
ALTER TABLE payment_returns DROP COLUMN late, DROP COLUMN contradictions;
UPDATE payment_items SET state = 'no_account' WHERE state = 'held';
UPDATE payment_items SET state = 'returned' WHERE state = 'disputed';
UPDATE payment_items i SET state = CASE WHEN EXISTS (SELECT FROM payment_items o WHERE o.line_id = i.line_id
    AND o.state IN ('sent', 'settled')) THEN 'confirmed' ELSE 'settled' END WHERE i.state = 'arrived';
ALTER TABLE payment_items DROP CONSTRAINT payment_items_state_check;
ALTER TABLE payment_items ADD CONSTRAINT payment_items_state_check CHECK (state IN
    ('sent', 'settled', 'returned', 'confirmed', 'no_account'));
"""


def upgrade() -> None:
    """Make it, and carry over what lines, payments and recoveries say."""
    sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
    for table in SCOPED:
        region_scope(table)
    for table in APPEND_ONLY:
        append_only(table, "subsidy")
    sql(RIGHTS)


def downgrade() -> None:
    """Take it away again; what was waived and withdrawn, or told late, must be settled before."""
    sql(BACK)
    region_scope("recovery_entries")
    append_only("recovery_entries", "subsidy")

SET LOCAL lock_timeout = '5s';

-- Whose money and what for: a person, programme and month. Where no person is named, the paper stands for one.
-- No region: somebody who moved has one account, whichever districts decided about the month.
CREATE TABLE accounts (
    id               uuid PRIMARY KEY DEFAULT uuidv7(),
    beneficiary_kind text NOT NULL,
    beneficiary_id   uuid NOT NULL,
    senior_id        uuid,
    application_id   uuid CHECK (senior_id IS NULL OR application_id IS NULL),
    programme        text NOT NULL,
    month            date NOT NULL,
    UNIQUE NULLS NOT DISTINCT (beneficiary_id, programme, month, senior_id, application_id, beneficiary_kind)
);

-- Every fen that was decided, went out, came back or was given up. Only ``decided`` may be negative.
CREATE TABLE ledger (
    id           uuid PRIMARY KEY DEFAULT uuidv7(),
    account_id   uuid NOT NULL REFERENCES accounts,
    kind         text NOT NULL CHECK (kind IN ('decided', 'sent', 'settled', 'returned', 'arrived', 'repaid', 'waived',
        'waiver_withdrawn', 'offset_out', 'offset_in')),
    amount_fen   bigint NOT NULL CHECK (amount_fen > 0 OR (kind = 'decided' AND amount_fen < 0)),
    line_id      uuid,
    run_id       uuid,
    batch_id     uuid,
    sequence     int,
    recovery_id  uuid REFERENCES recoveries,
    request_id   uuid,
    document_no  text,
    note         text,
    recorded_by  text NOT NULL,
    confirmed_by text,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT of_a_run CHECK ((kind = 'decided') = (run_id IS NOT NULL)),
    CONSTRAINT of_a_row CHECK ((kind IN ('sent', 'settled', 'returned', 'arrived')) = (batch_id IS NOT NULL)
        AND (batch_id IS NULL) = (sequence IS NULL)),
    CONSTRAINT of_a_line CHECK (line_id IS NOT NULL
        OR kind IN ('repaid', 'waived', 'waiver_withdrawn', 'offset_out')),
    CONSTRAINT of_a_recovery CHECK (recovery_id IS NOT NULL
        OR kind NOT IN ('repaid', 'waived', 'waiver_withdrawn', 'offset_out'))
);
CREATE INDEX ledger_account ON ledger (account_id) INCLUDE (kind, amount_fen, line_id);
CREATE INDEX ledger_line ON ledger (line_id);
CREATE INDEX ledger_run ON ledger (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX ledger_recovery ON ledger (recovery_id) WHERE recovery_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_decided_once ON ledger (line_id) WHERE kind = 'decided';
CREATE UNIQUE INDEX ledger_sent_once ON ledger (batch_id, sequence) WHERE kind = 'sent';
CREATE UNIQUE INDEX ledger_requested_once ON ledger (request_id, kind) WHERE request_id IS NOT NULL;

-- What somebody asks to be entered against a recovery; a second person confirms or refuses.
CREATE TABLE recovery_requests (
    id              uuid PRIMARY KEY,
    recovery_id     uuid NOT NULL REFERENCES recoveries,
    region          text COLLATE "C" NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('repaid', 'waived', 'waiver_withdrawn', 'offset')),
    amount_fen      bigint NOT NULL CHECK (amount_fen > 0),
    line_id         uuid,
    document_no     text,
    note            text,
    state           text NOT NULL CHECK (state IN ('proposed', 'confirmed', 'refused')),
    requested_by    text NOT NULL,
    requested_at    timestamptz NOT NULL,
    decided_by      text,
    decided_at      timestamptz,
    decision_reason text,
    CONSTRAINT four_eyes CHECK (decided_by <> requested_by),
    CONSTRAINT decided CHECK ((state = 'proposed') = (decided_by IS NULL)),
    CONSTRAINT its_ground CHECK (document_no IS NOT NULL OR kind = 'offset'),
    CONSTRAINT its_line CHECK ((kind = 'offset') = (line_id IS NOT NULL))
);
CREATE INDEX recovery_requests_recovery ON recovery_requests (recovery_id);

-- Everything a bank said of a row that was new when it said so; both answers stay where it changed its mind.
CREATE TABLE payment_answers (
    batch_id    uuid NOT NULL,
    sequence    int  NOT NULL,
    number      int  NOT NULL,
    region      text COLLATE "C" NOT NULL,
    line_id     uuid NOT NULL,
    said        text NOT NULL CHECK (said IN ('settled', 'returned')),
    code        text,
    result      text NOT NULL CHECK (result IN ('applied', 'late_return', 'contradiction', 'paid', 'not_paid')),
    sha256      text,
    document_no text,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (batch_id, sequence, number)
);

ALTER TABLE payment_batches ADD COLUMN held bigint, ADD COLUMN held_fen bigint;
ALTER TABLE payment_items DROP CONSTRAINT payment_items_state_check;
ALTER TABLE payment_items ADD CONSTRAINT payment_items_state_check CHECK (state IN
    ('sent', 'settled', 'returned', 'confirmed', 'no_account', 'held', 'disputed', 'arrived'));
CREATE INDEX payment_items_open ON payment_items (line_id) WHERE state IN ('returned', 'disputed');
ALTER TABLE payment_returns ADD COLUMN late int NOT NULL DEFAULT 0, ADD COLUMN contradictions int NOT NULL DEFAULT 0;
ALTER TABLE recoveries ADD COLUMN account_id uuid REFERENCES accounts, ADD COLUMN opened_fen bigint;

-- Accounts and decisions of a run's lines, whoever may see them; only of a run that is decided, and once.
CREATE FUNCTION post_decided(of_run uuid, by_whom text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM runs WHERE id = of_run AND state IN ('approved', 'paid')) THEN
        RAISE EXCEPTION 'run % is not approved', of_run;
    END IF;
    INSERT INTO accounts (beneficiary_kind, beneficiary_id, senior_id, application_id, programme, month)
    SELECT DISTINCT beneficiary_kind, beneficiary_id, senior_id, CASE WHEN senior_id IS NULL THEN application_id END,
        programme, month
    FROM lines WHERE run_id = of_run AND NOT void AND amount_fen <> 0 ORDER BY 2, 5, 6, 3, 4, 1 ON CONFLICT DO NOTHING;
    PERFORM FROM accounts a WHERE EXISTS (
        SELECT FROM lines l WHERE l.run_id = of_run AND NOT l.void AND l.amount_fen <> 0
        AND l.beneficiary_id = a.beneficiary_id AND l.programme = a.programme AND l.month = a.month
        AND l.senior_id IS NOT DISTINCT FROM a.senior_id AND l.beneficiary_kind = a.beneficiary_kind
        AND CASE WHEN l.senior_id IS NULL THEN l.application_id END IS NOT DISTINCT FROM a.application_id)
    ORDER BY a.id FOR UPDATE;
    INSERT INTO ledger (account_id, kind, amount_fen, line_id, run_id, recorded_by)
    SELECT a.id, 'decided', l.amount_fen, l.id, l.run_id, by_whom
    FROM lines l JOIN accounts a ON l.beneficiary_id = a.beneficiary_id AND l.programme = a.programme
        AND l.month = a.month AND l.senior_id IS NOT DISTINCT FROM a.senior_id
        AND l.beneficiary_kind = a.beneficiary_kind
        AND CASE WHEN l.senior_id IS NULL THEN l.application_id END IS NOT DISTINCT FROM a.application_id
    WHERE l.run_id = of_run AND NOT l.void AND l.amount_fen <> 0 ORDER BY l.id;
END $$;

-- What was there before the ledger.
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT id, coalesce(decided_by, created_by) AS by_whom FROM runs
        WHERE state IN ('approved', 'paid') ORDER BY decided_at, id
    LOOP PERFORM post_decided(one.id, one.by_whom); END LOOP;
END $$;
UPDATE ledger l SET recorded_at = r.decided_at FROM runs r WHERE r.id = l.run_id AND r.decided_at IS NOT NULL;
UPDATE recoveries r SET account_id = (SELECT d.account_id FROM ledger d WHERE d.line_id = r.line_id AND d.kind = 'decided'),
    opened_fen = (SELECT sum(e.amount_fen) FROM recovery_entries e WHERE e.recovery_id = r.id AND e.kind = 'opened');
INSERT INTO ledger (account_id, kind, amount_fen, line_id, batch_id, sequence, recorded_by, recorded_at)
SELECT d.account_id, k.kind, i.amount_fen, i.line_id, i.batch_id, i.sequence, b.created_by,
    CASE WHEN k.kind = 'sent' THEN coalesce(b.prepared_at, b.created_at)
         ELSE coalesce(i.answered_on::timestamptz, b.created_at) END
FROM payment_items i JOIN payment_batches b ON b.id = i.batch_id
JOIN ledger d ON d.line_id = i.line_id AND d.kind = 'decided'
CROSS JOIN LATERAL (VALUES ('sent', true), ('settled', i.state = 'settled'),
    ('returned', i.state IN ('returned', 'confirmed'))) k (kind, holds)
WHERE i.state <> 'no_account' AND k.holds ORDER BY 8, i.batch_id, i.sequence;
INSERT INTO ledger (account_id, kind, amount_fen, line_id, recovery_id, document_no, note, recorded_by, recorded_at)
SELECT r.account_id, CASE e.kind WHEN 'offset' THEN 'offset_out' ELSE e.kind END, -e.amount_fen, e.line_id,
    e.recovery_id, e.document_no, e.note, e.recorded_by, e.recorded_at
FROM recovery_entries e JOIN recoveries r ON r.id = e.recovery_id WHERE e.kind <> 'opened' ORDER BY e.recorded_at, e.id;
INSERT INTO ledger (account_id, kind, amount_fen, line_id, recovery_id, recorded_by, recorded_at)
SELECT d.account_id, 'offset_in', -e.amount_fen, e.line_id, e.recovery_id, e.recorded_by, e.recorded_at
FROM recovery_entries e JOIN ledger d ON d.line_id = e.line_id AND d.kind = 'decided'
WHERE e.kind = 'offset' ORDER BY e.recorded_at, e.id;
DROP TABLE recovery_entries;
ALTER TABLE recoveries ALTER account_id SET NOT NULL, ALTER opened_fen SET NOT NULL;
CREATE INDEX recoveries_account ON recoveries (account_id);

-- From here on a waiver, a repayment and an offset have two people; older ones may have one.
ALTER TABLE ledger ADD CONSTRAINT second_person CHECK (
    kind NOT IN ('repaid', 'waived', 'waiver_withdrawn', 'offset_out', 'offset_in')
    OR (confirmed_by IS NOT NULL AND confirmed_by <> recorded_by AND request_id IS NOT NULL)) NOT VALID;

-- Whoever writes, and in whatever order: nothing goes out beyond what is decided, nothing is closed beyond what is owed.
CREATE FUNCTION ledger_holds() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE broken uuid;
BEGIN
    IF NOT EXISTS (SELECT FROM inserted WHERE kind <> 'decided') THEN RETURN NULL; END IF;
    PERFORM FROM accounts WHERE id IN (SELECT account_id FROM inserted) ORDER BY id FOR UPDATE;
    WITH touched AS MATERIALIZED (
        SELECT account_id, bool_or(kind IN ('sent', 'offset_in')) AS pays,
            bool_or(kind IN ('repaid', 'waived', 'offset_out')) AS closes
        FROM inserted GROUP BY account_id
    ), sums AS (
        SELECT l.account_id, t.pays, t.closes,
            sum(l.amount_fen) FILTER (WHERE l.kind = 'decided') AS decided,
            coalesce(sum(CASE WHEN l.kind = 'returned' THEN -l.amount_fen ELSE l.amount_fen END)
                FILTER (WHERE l.kind IN ('sent', 'arrived', 'offset_in', 'returned')), 0) AS gone,
            coalesce(sum(l.amount_fen) FILTER (WHERE l.kind IN ('repaid', 'offset_out')), 0) AS back,
            coalesce(sum(CASE WHEN l.kind = 'waived' THEN l.amount_fen ELSE -l.amount_fen END)
                FILTER (WHERE l.kind IN ('waived', 'waiver_withdrawn')), 0) AS forgiven
        FROM touched t JOIN ledger l USING (account_id) GROUP BY l.account_id, t.pays, t.closes
    )
    SELECT account_id INTO broken FROM sums
    WHERE gone < 0 OR forgiven < 0 OR (pays AND gone - back > coalesce(decided, 0))
    OR (closes AND gone - back - coalesce(decided, 0) - forgiven < 0) LIMIT 1;
    IF broken IS NULL THEN
        WITH touched AS MATERIALIZED (
            SELECT line_id, bool_or(kind <> 'returned') AS pays FROM inserted
            WHERE kind IN ('sent', 'offset_in', 'returned') GROUP BY line_id
        )
        SELECT l.account_id INTO broken FROM touched t JOIN ledger l USING (line_id)
        WHERE l.kind IN ('decided', 'sent', 'offset_in', 'returned', 'arrived') GROUP BY l.account_id, line_id, t.pays
        HAVING sum(CASE l.kind WHEN 'decided' THEN 0 WHEN 'returned' THEN -l.amount_fen ELSE l.amount_fen END) < 0
        OR (t.pays AND sum(CASE l.kind WHEN 'decided' THEN -l.amount_fen WHEN 'returned' THEN -l.amount_fen
            ELSE l.amount_fen END) > 0) LIMIT 1;
    END IF;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'the ledger of account % would not hold', broken
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_holds';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_holds AFTER INSERT ON ledger REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_holds();

-- Per recovery: what was claimed first, what came back or was given up under its name, and its part of what the account
-- still owes, the newest first; whichever districts' recoveries the account has.
CREATE FUNCTION recovery_balances(of_accounts uuid[])
RETURNS TABLE (recovery_id uuid, opened_fen bigint, closed_fen bigint, balance_fen bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    WITH owed AS (
        SELECT l.account_id, greatest(0, sum(CASE
            WHEN l.kind IN ('sent', 'arrived', 'offset_in', 'waiver_withdrawn') THEN l.amount_fen
            WHEN l.kind = 'settled' THEN 0 ELSE -l.amount_fen END)) AS fen
        FROM ledger l WHERE l.account_id = ANY (of_accounts) GROUP BY l.account_id
    ), closed AS (
        SELECT r.id, r.account_id, r.opened_fen, coalesce((
            SELECT sum(CASE l.kind WHEN 'waiver_withdrawn' THEN -l.amount_fen ELSE l.amount_fen END) FROM ledger l
            WHERE l.recovery_id = r.id AND l.kind IN ('repaid', 'waived', 'waiver_withdrawn', 'offset_out')
        ), 0)::bigint AS fen
        FROM recoveries r WHERE r.account_id = ANY (of_accounts)
    )
    SELECT c.id, c.opened_fen, c.fen, least(c.opened_fen - c.fen, greatest(0, o.fen - coalesce(
        sum(c.opened_fen - c.fen) OVER (
            PARTITION BY c.account_id ORDER BY c.id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)))::bigint
    FROM closed c JOIN owed o USING (account_id)
$$;

"""Two people for every end of a listing or a record, and a panel of people who sat by themselves after the hearing."""

from deploy.migrations.kernel import sql
from deploy.migrations.persons import forget_persons, know_persons, second_person

revision = "credit_0006_persons"
down_revision = "credit_0005_audit_waits"
branch_labels = None
depends_on = None

# Cases that are open get the first day of their panel; what was decided or ended before stays as it was done.
UP = """
SET LOCAL lock_timeout = '5s';
ALTER TABLE list_entries ADD COLUMN panel_from date, ADD COLUMN end_asked_by text, ADD COLUMN ended_by text;
UPDATE list_entries e SET panel_from = coalesce((
    SELECT CASE WHEN (s.detail->>'waived')::bool THEN s.done_on ELSE greatest(s.done_on, e.statement_until + 1) END
    FROM list_steps s WHERE s.entry_id = e.entry_id AND s.step = 'statement'), e.statement_until + 1)
WHERE e.state IN ('noticed', 'heard');
ALTER TABLE list_entries ADD CONSTRAINT list_entries_ended_by_two CHECK (
    state NOT IN ('repaired', 'revoked') OR (end_asked_by IS NOT NULL AND ended_by IS NOT NULL)) NOT VALID;
ALTER TABLE records ADD COLUMN repaired_by text, ADD CONSTRAINT records_repaired_by CHECK (
    (repaired_on IS NULL) = (repaired_by IS NULL)) NOT VALID;

-- Nobody has two voices in one sitting.
CREATE UNIQUE INDEX list_steps_voice ON list_steps (entry_id, done_on, person_of(done_by)) WHERE step = 'deliberate';

CREATE FUNCTION panel_sat() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.listed_on IS NULL OR TG_OP = 'UPDATE' AND OLD.listed_on IS NOT NULL THEN RETURN NULL; END IF;
    IF NOT EXISTS (
        SELECT FROM list_steps WHERE entry_id = NEW.entry_id AND step = 'deliberate'
        AND done_on BETWEEN NEW.panel_from AND NEW.decided_on AND person_of(done_by) <> person_of(NEW.proposed_by)
        GROUP BY done_on HAVING count(*) > 1)
    THEN
        RAISE check_violation USING MESSAGE = 'panel_sat: two people deliberate together, after the hearing',
            CONSTRAINT = 'panel_sat';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER panel_sat AFTER INSERT OR UPDATE OF listed_on ON list_entries
    FOR EACH ROW EXECUTE FUNCTION panel_sat();
"""
DOWN = """
SET LOCAL lock_timeout = '5s';
DROP TRIGGER panel_sat ON list_entries;
DROP FUNCTION panel_sat;
ALTER TABLE records DROP COLUMN repaired_by;
ALTER TABLE list_entries DROP COLUMN panel_from, DROP COLUMN end_asked_by, DROP COLUMN ended_by;
"""


def upgrade() -> None:
    """Make it."""
    know_persons()
    sql(UP)
    second_person("list_entries", "decided_by", "proposed_by")
    second_person("list_entries", "ended_by", "end_asked_by")
    second_person("records", "repaired_by", "recorded_by")


def downgrade() -> None:
    """Take it away again."""
    forget_persons()
    sql(DOWN)

"""Four eyes in every service's tables: one trigger, which knows a person by the subject at the issuer."""

from __future__ import annotations

from deploy.migrations.kernel import sql

# The rule of ``shared.workflow.person``. Only what is decided from now on is judged: rows from before stay as they are.
_THERE = """
SET LOCAL lock_timeout = '5s';
CREATE FUNCTION person_of(subject text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lower(regexp_replace(normalize(subject, NFKC), '\\s', '', 'g'));

-- Arguments: the column of who decides, then those of who had a hand in it before.
CREATE FUNCTION second_person() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE who jsonb := to_jsonb(NEW);
BEGIN
    IF person_of(who->>TG_ARGV[0]) IN (SELECT person_of(who->>before) FROM unnest(TG_ARGV[1:]) AS before) THEN
        RAISE check_violation USING MESSAGE = 'four_eyes: a second person has to decide', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
"""
_BACK = "SET LOCAL lock_timeout = '5s'; DROP FUNCTION second_person CASCADE; DROP FUNCTION person_of CASCADE;"


def know_persons() -> None:
    """Let the schema compare persons; first of all in a migration that does."""
    sql(_THERE)


def forget_persons() -> None:
    """Take the rule away, and every trigger and index that rests on it."""
    sql(_BACK)


def second_person(table: str, decider: str, *before: str, when: str = "") -> None:
    """Hold four eyes on a table: who is in ``decider`` is in no column of ``before``. ``when``: only such rows."""
    columns = ", ".join((decider, *before))
    condition = f"NEW.{decider} IS NOT NULL" + (f" AND {when}" if when else "")
    sql(
        f"CREATE TRIGGER second_person_{decider} AFTER INSERT OR UPDATE OF {columns} ON {table}"
        f" FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION second_person({columns})"
    )

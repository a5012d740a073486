SET LOCAL lock_timeout = '5s';

-- The prefixes within which a part of a run may hold lines. Runs of townships held those of whole counties before, and
-- what they decided stays decided; what is not calculated yet goes by the new rule.
ALTER TABLE run_scopes ADD COLUMN area text[];
UPDATE run_scopes s SET area = CASE
    WHEN s.calculated_at IS NOT NULL AND length(r.prefix) > 6 THEN s.counties ELSE ARRAY[r.prefix] END
FROM runs r WHERE r.id = s.run_id;
ALTER TABLE run_scopes ALTER COLUMN area SET NOT NULL;

-- Whether a line may stand in a place: in one of the counties whose pack decides, and within one of the prefixes.
CREATE FUNCTION may_hold(place text, counties text[], area text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT left(place, 6) = ANY (counties) AND (left(place, 2) = ANY (area) OR left(place, 4) = ANY (area)
        OR left(place, 6) = ANY (area) OR left(place, 9) = ANY (area) OR place = ANY (area))
$$;

-- Asked once when the transaction that calculated a part ends: a check row by row would cost as much as the rows.
CREATE FUNCTION check_lines_in_area() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    astray uuid;
BEGIN
    SELECT l.id INTO astray FROM lines l WHERE l.run_id = NEW.run_id AND l.scope = NEW.scope AND l.month = NEW.month
        AND NOT may_hold(l.region, NEW.counties, NEW.area) LIMIT 1;
    IF astray IS NOT NULL THEN
        RAISE EXCEPTION 'line % lies outside the area of part % of run %', astray, NEW.scope, NEW.run_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lines_in_area';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER lines_in_area AFTER INSERT OR UPDATE ON run_scopes DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.calculated_at IS NOT NULL) EXECUTE FUNCTION check_lines_in_area();

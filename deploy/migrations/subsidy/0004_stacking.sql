-- What was due alone, and which other benefit of the same month it gave way to; null where nothing was taken off.
ALTER TABLE lines ADD COLUMN stacking jsonb;
ALTER TABLE lines DROP CONSTRAINT signs;
ALTER TABLE lines ADD CONSTRAINT signs CHECK (CASE kind WHEN 'regular' THEN amount_fen >= 0
    WHEN 'arrears' THEN amount_fen > 0 OR (amount_fen = 0 AND stacking IS NOT NULL)
    ELSE kind = 'recovery' AND amount_fen < 0 AND corrects_line_id IS NOT NULL END);
CREATE INDEX lines_stacked ON lines (month, programme) WHERE stacking IS NOT NULL;

-- The one way to change a line: less than it is due alone, once, and only while its run is being calculated. Lines in
-- ``dropped`` are back-pay that came to nothing, as an earlier line says already.
CREATE FUNCTION combine_lines(of_run uuid, of_month date, ids uuid[], amounts bigint[], outcomes text[],
    reasons text[], grounds jsonb[], dropped uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM runs WHERE id = of_run AND state = 'calculating') THEN
        RAISE EXCEPTION 'run % is not being calculated: its lines stay as they are', of_run;
    END IF;
    UPDATE lines l SET amount_fen = n.amount, outcome = n.outcome, reason = n.reason, stacking = n.ground
    FROM unnest(ids, amounts, outcomes, reasons, grounds) AS n (id, amount, outcome, reason, ground)
    WHERE l.id = n.id AND l.month = of_month AND l.run_id = of_run
    AND l.stacking IS NULL AND n.amount >= 0 AND n.amount < l.amount_fen;
    DELETE FROM lines l WHERE l.id = ANY (dropped) AND l.month = of_month AND l.run_id = of_run AND l.kind = 'arrears';
END $$;

-- Dead letters of any record whatever: where it stood, and for a shortened one its whole length and digest (NULL: it is
-- whole). origin: what a consumer could not handle, or what the relay could not publish.
SET LOCAL lock_timeout = '5s';
ALTER TABLE dead_letters
    ADD COLUMN place  text NOT NULL DEFAULT '',
    ADD COLUMN size   bigint,
    ADD COLUMN digest bytea,
    ADD COLUMN origin text NOT NULL DEFAULT 'consumer' CHECK (origin IN ('consumer', 'relay'));

-- Rows are in the order of days, so that the newest matches and those of some days are at hand.
-- A release that is edited gets a new row, and its old one, without a release, is passed over.
CREATE TABLE search_rows (
    row     INTEGER PRIMARY KEY,         -- see data.store.sqlite.search.rows_between
    release INTEGER UNIQUE,
    filed   TEXT NOT NULL                -- JSON of data.store.sqlite.search.Filed: what is counted
) STRICT;

-- A release that is retracted, or comes back, is filed otherwise.
CREATE TRIGGER search_of_retracted AFTER UPDATE OF retracted ON releases
WHEN (OLD.retracted IS NULL) <> (NEW.retracted IS NULL)
BEGIN
    INSERT OR IGNORE INTO search_queue (release) VALUES (NEW.number);
END;

-- All are entered anew, with what they are filed under.
INSERT INTO search (search) VALUES ('delete-all');

INSERT OR IGNORE INTO search_queue (release) SELECT number FROM releases

-- Rows are in the order of days, so that the newest matches and the matches of a period are found
-- quickly. An edited release gets a new row. Its old row then has no release and is skipped.
CREATE TABLE search_rows (
    row     INTEGER PRIMARY KEY,         -- see data.store.sqlite.search.rows_between
    release INTEGER UNIQUE,
    filed   TEXT NOT NULL                -- JSON of data.store.sqlite.search.Filed: what is counted
) STRICT;

-- A release that is retracted or back online has another state in the index.
CREATE TRIGGER search_of_retracted AFTER UPDATE OF retracted ON releases
WHEN (OLD.retracted IS NULL) <> (NEW.retracted IS NULL)
BEGIN
    INSERT OR IGNORE INTO search_queue (release) VALUES (NEW.number);
END;

-- Index all releases again, with their sources, topics and other filters.
INSERT INTO search (search) VALUES ('delete-all');

INSERT OR IGNORE INTO search_queue (release) SELECT number FROM releases

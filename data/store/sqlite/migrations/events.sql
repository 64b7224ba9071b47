-- Events of releases and sources, in the order of commits. New rows are appended, and events about
-- releases are never deleted. SQLite has one writer at a time, so a number is never committed after
-- a higher number. The mark is random: in a store that was restored from a copy, the same number
-- has another mark. The kinds are in data/models/event.py.
CREATE TABLE events (
    number   INTEGER PRIMARY KEY,
    mark     INTEGER NOT NULL DEFAULT (random()),
    kind     TEXT NOT NULL,
    release  INTEGER REFERENCES releases (number),  -- NULL for an event of a source
    revision INTEGER NOT NULL,           -- of the release from then on
    source   TEXT NOT NULL,
    at       REAL NOT NULL,
    backlog  INTEGER NOT NULL,           -- 1 for a release from before the first visit
    payload  TEXT NOT NULL               -- JSON without text of releases
) STRICT;

INSERT INTO events (number, mark, kind, release, revision, source, at, backlog, payload)
SELECT c.number, c.mark, c.kind, c.release, c.revision, r.source, c.at, 0, '{}'
FROM logged_changes c JOIN releases r ON r.number = c.release ORDER BY c.number;

DROP TRIGGER logged_change_of_new;

DROP TRIGGER logged_change_of_changed;

DROP TRIGGER logged_change_of_reading;

DROP TRIGGER logged_change_of_hidden;

DROP TRIGGER logged_change_of_shown;

DROP TABLE logged_changes;

-- Publishing now also uses the events.
DROP TRIGGER change_of_version;

DROP TABLE change_log

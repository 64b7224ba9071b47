-- Decisions of operators about the alerts or visits of a source.
CREATE TABLE source_handlings (
    source TEXT NOT NULL,
    kind   TEXT NOT NULL CHECK (kind IN ('acknowledged', 'muted', 'paused')),
    at     REAL NOT NULL,
    until  REAL,                         -- NULL where it does not end by itself
    why    TEXT NOT NULL,
    PRIMARY KEY (source, kind)
) STRICT, WITHOUT ROWID;

-- The last runs are those that were stored last. If a clock was set back, their times may be
-- earlier.
DROP INDEX runs_of_source;

CREATE INDEX runs_of_source ON runs (source)

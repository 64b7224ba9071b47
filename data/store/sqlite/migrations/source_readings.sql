-- The extraction rules of each source: the last accepted rules, and rules that are held for review.
CREATE TABLE source_readings (
    source  TEXT PRIMARY KEY,
    reading TEXT NOT NULL                -- JSON; only the scheduler reads what is in it
) STRICT, WITHOUT ROWID;

-- By what the pages of a source are read: what was accepted last, and what is held back.
CREATE TABLE source_readings (
    source  TEXT PRIMARY KEY,
    reading TEXT NOT NULL                -- JSON; only the scheduler reads what is in it
) STRICT, WITHOUT ROWID;

-- How far the journal of the archive has come that was committed with what it tells of: one row.
CREATE TABLE journal_end (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    record TEXT NOT NULL                 -- the id of the last record
) STRICT;

-- Records of the journal that the archive could not take, until it takes them.
CREATE TABLE journal_outbox (
    number INTEGER PRIMARY KEY,
    events BLOB NOT NULL                 -- only data.archive.journal reads what is in it
) STRICT;

-- The files of the HOME that the journal holds as they are.
CREATE TABLE journaled_files (
    name   TEXT PRIMARY KEY,             -- in HOME
    digest TEXT NOT NULL                 -- SHA-256; '' where it is gone
) STRICT, WITHOUT ROWID;

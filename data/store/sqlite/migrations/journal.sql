-- The last record of the archive's journal whose decisions are committed: one row.
CREATE TABLE journal_end (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    record TEXT NOT NULL                 -- the id of the last record
) STRICT;

-- Journal records that the archive could not store yet.
CREATE TABLE journal_outbox (
    number INTEGER PRIMARY KEY,
    events BLOB NOT NULL                 -- only data.archive.journal reads what is in it
) STRICT;

-- Files of the home directory whose current content is in the journal.
CREATE TABLE journaled_files (
    name   TEXT PRIMARY KEY,             -- in HOME
    digest TEXT NOT NULL                 -- SHA-256; '' where it is gone
) STRICT, WITHOUT ROWID;

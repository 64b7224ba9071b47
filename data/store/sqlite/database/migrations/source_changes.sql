-- Sources that were renamed or removed, by whoever runs this HOME.

-- Every id that a source had before, with the one that it has now. The first of a source is that of
-- which the ids of its feeds are made.
CREATE TABLE source_moves (
    number INTEGER PRIMARY KEY,
    old    TEXT NOT NULL UNIQUE,
    new    TEXT NOT NULL                 -- the same as old where it was renamed back
) STRICT;

-- Sources that are collected no more. One that is collected again leaves.
CREATE TABLE removed_sources (
    source TEXT PRIMARY KEY,
    at     REAL NOT NULL,
    kept   INTEGER NOT NULL              -- 1 where its releases are still shown
) STRICT, WITHOUT ROWID;

-- Whether a release is hidden with all of its source, and is shown again with it.
ALTER TABLE hidden_releases ADD COLUMN with_source INTEGER NOT NULL DEFAULT 0

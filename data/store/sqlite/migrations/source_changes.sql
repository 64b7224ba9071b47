-- Sources that the operator renamed or removed.

-- The former ids of each source, with its current id. The ids of a source's feeds are derived from
-- its first id.
CREATE TABLE source_moves (
    number INTEGER PRIMARY KEY,
    old    TEXT NOT NULL UNIQUE,
    new    TEXT NOT NULL                 -- the same as old where it was renamed back
) STRICT;

-- Sources that are no longer collected. If a source is collected again, its row is deleted.
CREATE TABLE removed_sources (
    source TEXT PRIMARY KEY,
    at     REAL NOT NULL,
    kept   INTEGER NOT NULL              -- 1 where its releases are still shown
) STRICT, WITHOUT ROWID;

-- Whether a release was hidden with its source, and will be shown again with it.
ALTER TABLE hidden_releases ADD COLUMN with_source INTEGER NOT NULL DEFAULT 0

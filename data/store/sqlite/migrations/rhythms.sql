-- The rhythm of a source, learned from this number of releases. It is learned again when the number
-- has changed.
CREATE TABLE source_rhythms (
    source   TEXT PRIMARY KEY,
    releases INTEGER NOT NULL,
    rhythm   TEXT NOT NULL               -- JSON of data.models.Rhythm, or null
) STRICT, WITHOUT ROWID;

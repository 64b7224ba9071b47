-- The rhythm of a source while it has so many releases: it is learned anew when others came.
CREATE TABLE source_rhythms (
    source   TEXT PRIMARY KEY,
    releases INTEGER NOT NULL,
    rhythm   TEXT NOT NULL               -- JSON of data.models.Rhythm, or null
) STRICT, WITHOUT ROWID;

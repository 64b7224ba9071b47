-- Versions of releases that result from re-extraction with better rules, not from an edit.
CREATE TABLE readings (
    release  INTEGER NOT NULL REFERENCES releases (number),
    revision INTEGER NOT NULL,
    reread   INTEGER NOT NULL,           -- how many such versions in a row this is the last of
    PRIMARY KEY (release, revision)
) STRICT, WITHOUT ROWID;

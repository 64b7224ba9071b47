-- The locations in the archive of records that show releases or contain their files.

-- 'version': the response that first showed a version. 'seen': the last response that showed the
-- current version again. 'gone': the last response without the release before its retraction.
CREATE TABLE captures (
    release   INTEGER NOT NULL REFERENCES releases (number),
    shows     TEXT NOT NULL CHECK (shows IN ('version', 'seen', 'gone')),
    revision  INTEGER NOT NULL,          -- the version; 0 for the others
    record_id TEXT NOT NULL,             -- this and the rest as data.models.Capture has it
    file      TEXT NOT NULL,
    offset    INTEGER NOT NULL,
    length    INTEGER NOT NULL,
    digest    TEXT NOT NULL,
    leaf      INTEGER NOT NULL,
    at        INTEGER NOT NULL,          -- microseconds since 1970, as exact as its WARC-Date
    PRIMARY KEY (release, shows, revision)
) STRICT, WITHOUT ROWID;

-- The page of a release shows the locations of its records.
CREATE TRIGGER version_of_moved_capture AFTER UPDATE OF file, offset, length ON captures
WHEN NEW.shows <> 'seen'
BEGIN
    INSERT OR REPLACE INTO release_versions
    SELECT number, random(), source, story FROM releases WHERE number = NEW.release;
END;

-- Attachments and images of releases that are to be archived, one row each. The columns of the
-- capture are NULL until the file is archived.
CREATE TABLE files (
    url       TEXT PRIMARY KEY,
    source    TEXT NOT NULL,             -- whose visits ask for it
    tries     INTEGER NOT NULL DEFAULT 0,
    asked     REAL NOT NULL DEFAULT 0,   -- the last visit that asked for it
    record_id TEXT,
    file      TEXT,
    offset    INTEGER,
    length    INTEGER,
    digest    TEXT,
    leaf      INTEGER,
    at        INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX files_awaited ON files (source, tries, asked) WHERE record_id IS NULL

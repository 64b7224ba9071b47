-- Versions of releases that other archives are asked to save.
CREATE TABLE deposits (
    release   INTEGER NOT NULL REFERENCES releases (number),
    revision  INTEGER NOT NULL,
    archive   TEXT NOT NULL,             -- the name in archive.deposits
    state     TEXT NOT NULL,             -- as data.models.DepositState
    due       REAL NOT NULL DEFAULT 0,
    attempts  INTEGER NOT NULL DEFAULT 0,
    submitted REAL NOT NULL DEFAULT 0,   -- when it was requested last, or 0
    job       TEXT NOT NULL DEFAULT '',  -- the job's id at the archive
    problem   TEXT NOT NULL DEFAULT '',
    captured  REAL NOT NULL DEFAULT 0,   -- time and address of the archive's capture
    url       TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (release, revision, archive)
) STRICT, WITHOUT ROWID;

CREATE INDEX deposits_due ON deposits (archive, due) WHERE state IN ('waiting', 'running');

CREATE INDEX deposits_submitted ON deposits (archive, submitted)

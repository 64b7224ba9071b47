-- Versions of releases that other archives are asked to save.
CREATE TABLE deposits (
    release   BIGINT NOT NULL REFERENCES releases (number),
    revision  BIGINT NOT NULL,
    archive   TEXT COLLATE "C" NOT NULL,
    state     TEXT COLLATE "C" NOT NULL,
    due       DOUBLE PRECISION NOT NULL DEFAULT 0,
    attempts  BIGINT NOT NULL DEFAULT 0,
    submitted DOUBLE PRECISION NOT NULL DEFAULT 0,
    job       TEXT COLLATE "C" NOT NULL DEFAULT '',
    problem   TEXT COLLATE "C" NOT NULL DEFAULT '',
    captured  DOUBLE PRECISION NOT NULL DEFAULT 0,
    url       TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (release, revision, archive)
);

CREATE INDEX deposits_due ON deposits (archive, due) WHERE state IN ('waiting', 'running');

CREATE INDEX deposits_submitted ON deposits (archive, submitted);

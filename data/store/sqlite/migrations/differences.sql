-- The difference between each version and the previous version, as lengths of passages without text
-- (data.revisions.stored_difference). It is '' until it is computed.
CREATE TABLE differences (
    release INTEGER NOT NULL REFERENCES releases (number),
    number  INTEGER NOT NULL,            -- of the later version
    steps   TEXT NOT NULL,
    PRIMARY KEY (release, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX differences_missing ON differences (release, number) WHERE steps = '';

INSERT INTO differences (release, number, steps)
SELECT release, number, '' FROM revisions WHERE number > 1
UNION ALL SELECT number, revision, '' FROM releases WHERE revision > 1;

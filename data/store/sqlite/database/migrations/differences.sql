-- How each version differs from the one before, as lengths of passages, without any text
-- (data.revisions.stored_difference); '' until it is computed.
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

CREATE TABLE differences (
    release BIGINT NOT NULL REFERENCES releases (number),
    number  BIGINT NOT NULL,
    steps   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (release, number)
);

CREATE INDEX differences_missing ON differences (release, number) WHERE steps = '';

INSERT INTO differences (release, number, steps)
SELECT release, number, '' FROM revisions WHERE number > 1
UNION ALL SELECT number, revision, '' FROM releases WHERE revision > 1;

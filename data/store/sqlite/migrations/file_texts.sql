-- The texts of attachments, by the digests of their bytes. Files with the same bytes share a row.
CREATE TABLE file_texts (
    digest TEXT PRIMARY KEY,             -- sha256:…
    kind   TEXT NOT NULL,                -- this and the rest as data.models.FileText has it
    cut    TEXT NOT NULL,
    tool   TEXT NOT NULL,
    pages  TEXT NOT NULL                 -- JSON: the text of each page
) STRICT, WITHOUT ROWID;

-- The releases that currently link to a file.
CREATE TABLE release_files (
    url     TEXT NOT NULL,
    release INTEGER NOT NULL REFERENCES releases (number),
    PRIMARY KEY (url, release)
) STRICT, WITHOUT ROWID;

CREATE INDEX files_of_release ON release_files (release);

INSERT OR IGNORE INTO release_files (url, release)
SELECT json_extract(j.value, '$.url'), r.number
FROM releases r, json_each(r.content, '$.attachments') j
WHERE length(json_extract(j.value, '$.url')) <= 2000;

-- The digest of the bytes whose text was extracted last, or ''.
ALTER TABLE files ADD COLUMN body TEXT NOT NULL DEFAULT ''

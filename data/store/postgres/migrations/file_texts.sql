-- The texts of attachments, by the digests of their bytes. Files with the same bytes share a row.
CREATE TABLE file_texts (
    digest TEXT COLLATE "C" PRIMARY KEY,
    kind   TEXT COLLATE "C" NOT NULL,
    cut    TEXT COLLATE "C" NOT NULL,
    tool   TEXT COLLATE "C" NOT NULL,
    pages  TEXT COLLATE "C" NOT NULL
);

-- The releases that currently link to a file.
CREATE TABLE release_files (
    url     TEXT COLLATE "C" NOT NULL,
    release BIGINT NOT NULL REFERENCES releases (number),
    PRIMARY KEY (url, release)
);

CREATE INDEX files_of_release ON release_files (release);

INSERT INTO release_files (url, release)
SELECT DISTINCT j.value ->> 'url', r.number
FROM releases r, jsonb_array_elements(coalesce(r.content::jsonb -> 'attachments', '[]'::jsonb)) j (value)
WHERE length(j.value ->> 'url') <= 2000;

-- The digest of the bytes whose text was extracted last, or ''.
ALTER TABLE files ADD COLUMN body TEXT COLLATE "C" NOT NULL DEFAULT '';

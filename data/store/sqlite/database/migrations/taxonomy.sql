-- What the taxonomy calls its topics, in the language of the site, and what they stand under.
CREATE TABLE taxonomy (
    slug   TEXT PRIMARY KEY,
    label  TEXT NOT NULL,
    parent TEXT NOT NULL                 -- '' for a topic of the top level
) STRICT, WITHOUT ROWID

-- The labels of the taxonomy's topics in the language of the site, and their parent topics.
CREATE TABLE taxonomy (
    slug   TEXT PRIMARY KEY,
    label  TEXT NOT NULL,
    parent TEXT NOT NULL                 -- '' for a topic of the top level
) STRICT, WITHOUT ROWID

-- The full-text index (https://sqlite.org/fts5.html).

-- The index stores no texts. Releases are added in batches, outside of the transactions of visits.
CREATE VIRTUAL TABLE search USING fts5 (
    title, body, tokens, content = '', tokenize = "unicode61 categories 'L* M* N* Co'"
);

-- Rows are in the order of days, so that the newest matches and the matches of a period are found
-- quickly. An edited release gets a new row. Its old row then has no release and is skipped.
CREATE TABLE search_rows (
    row     INTEGER PRIMARY KEY,         -- see data.search.query.rows_between
    release INTEGER UNIQUE
) STRICT;

-- Releases whose current content is not in the index yet.
CREATE TABLE search_queue (release INTEGER PRIMARY KEY) STRICT;

-- The full-text index (https://sqlite.org/fts5.html).

-- The search index keeps no text; releases are entered in batches, apart from visits.
CREATE VIRTUAL TABLE search USING fts5 (
    title, body, tokens, content = '', tokenize = "unicode61 categories 'L* M* N* Co'"
);

-- Rows are in the order of days, so that the newest matches and those of some days are at hand.
-- A release that is edited gets a new row, and its old one, without a release, is passed over.
CREATE TABLE search_rows (
    row     INTEGER PRIMARY KEY,         -- see data.search.query.rows_between
    release INTEGER UNIQUE
) STRICT;

-- Releases that are not entered yet as they are now.
CREATE TABLE search_queue (release INTEGER PRIMARY KEY) STRICT;

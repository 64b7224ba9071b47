-- Create the full-text index again, with prefixes of three letters. Such a prefix matches very many
-- words, which are found by one lookup. Longer prefixes match few words. The index stores no texts.
DROP TABLE search;

CREATE VIRTUAL TABLE search USING fts5 (
    title, body, tokens, content = '', prefix = '3',
    tokenize = "unicode61 categories 'L* M* N* Co'"
);

DELETE FROM search_rows;

INSERT OR IGNORE INTO search_queue (release) SELECT number FROM releases

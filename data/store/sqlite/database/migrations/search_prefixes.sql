-- The full-text index with the beginnings of words beside them: three letters, which begin very
-- many words, are found as one; longer ones have few enough. It keeps no text.
DROP TABLE search;

CREATE VIRTUAL TABLE search USING fts5 (
    title, body, tokens, content = '', prefix = '3',
    tokenize = "unicode61 categories 'L* M* N* Co'"
);

DELETE FROM search_rows;

INSERT OR IGNORE INTO search_queue (release) SELECT number FROM releases

-- Rows are in the order of days, so that the newest matches and the matches of a period are found
-- quickly. Texts and vectors are stored apart from their rows if possible, so that counting and
-- sorting do not read them.
CREATE TABLE search_rows (
    row       BIGINT PRIMARY KEY,                  -- see data.store.shared_sql.search.rows_between
    release   BIGINT NOT NULL UNIQUE,
    filed     TEXT COLLATE "C" NOT NULL,           -- JSON of data.store.shared_sql.search.Filed
    words     TSVECTOR NOT NULL,                   -- see data.store.postgres.lexemes
    long_text TEXT COLLATE "C"                     -- all words in order, if not all fit into the vector
) WITH (toast_tuple_target = 128);

-- New entries wait in a pending list, which is merged into the index at the end of each round.
CREATE INDEX search_words ON search_rows USING gin (words) WITH (gin_pending_list_limit = 16384);

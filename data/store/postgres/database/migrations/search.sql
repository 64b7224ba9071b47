-- Rows are in the order of days, so that the newest matches and those of some days are at hand.
-- Texts and vectors lie apart from their rows, as far as they can: what is counted and sorted is
-- read without them.
CREATE TABLE search_rows (
    row       BIGINT PRIMARY KEY,                  -- see data.store.shared_sql.search.rows_between
    release   BIGINT NOT NULL UNIQUE,
    filed     TEXT COLLATE "C" NOT NULL,           -- JSON of data.store.shared_sql.search.Filed: what is counted
    words     TSVECTOR NOT NULL,                   -- see data.store.postgres.lexemes
    long_text TEXT COLLATE "C"                     -- all words in a row, where the vector can't place all
) WITH (toast_tuple_target = 128);

-- What is entered waits in a list, and is sorted in at the end of each round.
CREATE INDEX search_words ON search_rows USING gin (words) WITH (gin_pending_list_limit = 16384);

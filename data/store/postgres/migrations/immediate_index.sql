-- New entries waited in a pending list of the index. While autovacuum held the lock of this list,
-- it grew to hundreds of megabytes. One INSERT then had to add all entries, which took minutes.
ALTER INDEX search_words SET (fastupdate = off);
ALTER INDEX search_words RESET (gin_pending_list_limit);
SELECT gin_clean_pending_list('search_words');

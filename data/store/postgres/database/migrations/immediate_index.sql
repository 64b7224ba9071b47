-- Entries waited in a list of the index. While autovacuum held the lock of this list, it grew to
-- hundreds of megabytes, and then one INSERT had to enter all of it, for minutes.
ALTER INDEX search_words SET (fastupdate = off);
ALTER INDEX search_words RESET (gin_pending_list_limit);
SELECT gin_clean_pending_list('search_words');

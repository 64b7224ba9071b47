-- The index contained secrets of source addresses, so a search could find them.
INSERT INTO search_queue (release) SELECT number FROM releases
    WHERE EXISTS (SELECT 1 FROM walks WHERE start LIKE '%=%' OR start LIKE '%@%')
    OR EXISTS (SELECT 1 FROM sources WHERE url LIKE '%=***%')
    ON CONFLICT DO NOTHING;

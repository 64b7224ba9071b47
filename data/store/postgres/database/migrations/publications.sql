-- Counts the beginnings and ends of publications: a HOME that finds other numbers than its own knows
-- that another HOME took marks of changed feeds (see count_publication in data.store.postgres.store).
CREATE SEQUENCE publications;

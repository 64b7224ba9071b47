-- The label of the workers that may visit a source, or empty for all workers.
ALTER TABLE host_sources ADD COLUMN vantage TEXT COLLATE "C" NOT NULL DEFAULT '';

-- The log of events replaces the publication state of each facet.
ALTER TABLE facets DROP COLUMN changed, DROP COLUMN published;

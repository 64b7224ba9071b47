-- The log of events has replaced the state of publication of each facet.
ALTER TABLE facets DROP COLUMN changed, DROP COLUMN published;

-- Counted the starts and ends of publications. Unused since each home directory has its own cursor
-- in the log of events.
CREATE SEQUENCE publications;

-- Counts the beginnings and ends of publications: a HOME that finds other numbers than its own knows
-- that another HOME took marks of changed feeds (see scheduler.jobs.shared_marks).
CREATE SEQUENCE publications;

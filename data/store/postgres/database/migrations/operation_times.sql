-- Finds the idempotency keys whose time is over.
CREATE INDEX operations_by_time ON operations (at) WHERE key IS NOT NULL;

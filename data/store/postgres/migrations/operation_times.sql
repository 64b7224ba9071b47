-- For finding expired idempotency keys.
CREATE INDEX operations_by_time ON operations (at) WHERE key IS NOT NULL;

-- Whether a host set the time of its wait (Retry-After), as it did for most earlier ones.
ALTER TABLE host_waits ADD COLUMN requested BIGINT NOT NULL DEFAULT 1;

-- Whether the host itself set the time of its wait (Retry-After), as for most earlier waits.
ALTER TABLE host_waits ADD COLUMN requested BIGINT NOT NULL DEFAULT 1;

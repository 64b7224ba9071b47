-- By which output of its watch something is told: webhook, apprise, or mail: and an address.
ALTER TABLE alert_deliveries ADD COLUMN output TEXT NOT NULL DEFAULT 'webhook';

-- The key of the message that carries it, given before the first attempt; empty until then. What was
-- sent once is sent again in the same company, so that a receiver knows it.
ALTER TABLE alert_deliveries ADD COLUMN message TEXT NOT NULL DEFAULT '';

-- What was under way was sent alone, under its own key.
UPDATE alert_deliveries SET message = key WHERE attempts > 0 OR state <> 'waiting';

DROP INDEX alert_deliveries_waiting;

CREATE INDEX alert_deliveries_waiting ON alert_deliveries (watch, output, due)
    WHERE state = 'waiting';

CREATE INDEX alert_deliveries_message ON alert_deliveries (message) WHERE message <> ''

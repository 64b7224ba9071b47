-- The output of the watch that sends the alert: webhook, apprise, or mail: and an address.
ALTER TABLE alert_deliveries ADD COLUMN output TEXT NOT NULL DEFAULT 'webhook';

-- The key of the message that contains the delivery. It is set before the first attempt. A message
-- that was attempted keeps its deliveries, so that the recipient recognizes a repetition.
ALTER TABLE alert_deliveries ADD COLUMN message TEXT NOT NULL DEFAULT '';

-- Deliveries that were attempted so far were sent alone, under their own keys.
UPDATE alert_deliveries SET message = key WHERE attempts > 0 OR state <> 'waiting';

DROP INDEX alert_deliveries_waiting;

CREATE INDEX alert_deliveries_waiting ON alert_deliveries (watch, output, due)
    WHERE state = 'waiting';

CREATE INDEX alert_deliveries_message ON alert_deliveries (message) WHERE message <> ''

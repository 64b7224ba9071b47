-- The rules for the weights of edits have changed. The differences between versions, with these
-- weights, are computed again when the site is published.
UPDATE differences SET steps = '';

-- Weights of edits have new rules. The differences, with their weights, are computed again when the
-- site is published.
UPDATE differences SET steps = '';

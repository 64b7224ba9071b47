-- Earlier versions stored differences between versions without the classes of edits. The
-- differences are computed again when the site is published.
UPDATE differences SET steps = '';

-- Earlier versions had no lexemes for the words of titles, which `title:` and `body:` need, and for
-- adjacent words, which phrases need. All releases are indexed again in the background, and each
-- replaces its row of the index.
UPDATE consumers SET number = 0 WHERE name = 'search index';

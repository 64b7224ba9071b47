-- Earlier versions indexed no sections for searches by `kind:`. All releases are indexed again in
-- the background, and each replaces its previous row of the index.
UPDATE consumers SET number = 0
    WHERE name = 'search index' AND EXISTS (SELECT 1 FROM sections);

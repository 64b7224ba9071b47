"""Topics of releases: the taxonomy, keyword rules, facets, and the tree of topics."""

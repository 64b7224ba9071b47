"""Pages that list all that there is of one kind: sources, topics, days, feeds.

A file belongs here if it makes such a list from what the catalog and the counts of facets say.
"""

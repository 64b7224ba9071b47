"""Visit sources.

`visits` runs a visit, `listings` chooses its requests, `drafts` extracts release pages.
"""

"""Visit sources, and record the releases on their pages.

`visits` runs a visit, `listings` chooses its requests, `drafts` extracts release pages.
"""

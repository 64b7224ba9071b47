"""Page through the listings of a source, and find missing releases.

Modules for the rows or pages of a listing belong in this package. They must not depend on drafts or
visits.
"""

"""Follow the listings of a source: choose the next requests, and find missing releases.

A file belongs in this package if it works on the rows or pages of a listing. It must not depend on
drafts or visits.
"""

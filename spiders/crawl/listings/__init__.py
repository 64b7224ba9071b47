"""Page through the listings of a source, and find missing releases.

Modules here handle the rows or pages of a listing. They must not depend on drafts or visits.
"""

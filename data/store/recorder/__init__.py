"""Deduplication: match a draft to a release, decide, write, and join stories.

A new file here processes drafts and contains no SQL. Database access is a method of ``Tables``.
"""

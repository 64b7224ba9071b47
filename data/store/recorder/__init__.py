"""The deduplication step: match a draft, decide, write, join stories, over the verbs of a database.

A new file here knows what becomes of a draft and no SQL: what it needs of a database is a verb of
``Tables``.
"""

"""The store on any database, and the recorder: match a draft, decide, write, join stories.

A new file here processes drafts and contains no SQL. Database access is a method of ``Tables``.
"""

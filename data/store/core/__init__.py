"""The store on any database, and the recorder of drafts: match, decide, write, join stories.

A new file in this folder processes drafts and contains no SQL. Access to the database is a method
of ``Tables``.
"""

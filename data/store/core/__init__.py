"""The store on any database, and the recorder of drafts: match, decide, write, join stories.

Modules here process drafts and contain no SQL. Access to the database is a method of ``Tables``.
"""

"""The store of releases, on SQLite or PostgreSQL.

The module ``open`` opens a store. core and shared_sql contain code for both databases; each
database also has a folder of its own.
"""

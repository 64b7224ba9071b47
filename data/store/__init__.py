"""The store of releases, on SQLite or PostgreSQL.

Module ``open`` opens a store. Each database has a subfolder for its own code. The folders core and
shared_sql contain code for both databases.
"""

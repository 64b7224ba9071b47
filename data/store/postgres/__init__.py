"""A store for many machines, on PostgreSQL: what data/store/sql leaves to the database.

A new file here is a part of the store that PostgreSQL does in its own way.
"""

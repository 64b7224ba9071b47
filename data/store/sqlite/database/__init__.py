"""The SQLite database: connections and tables.

Modules here are used by all parts of the store, and contain no methods of the store.
"""

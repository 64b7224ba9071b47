"""The SQLite database: connections and tables.

A new file here is for code that all parts of the store need; it contains no method of the store.
"""

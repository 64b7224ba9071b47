"""The SQLite database: connections and tables.

A new file in this folder is for code that all parts of the store need. It contains no method of the
store.
"""

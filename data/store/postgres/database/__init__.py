"""The PostgreSQL database: connections, tables and the SQL dialect.

A new file in this folder is for code that all parts of the store need. It contains no method of the
store.
"""

"""The PostgreSQL database: connections, tables and the SQL dialect.

A new file here is for code that all parts of the store need; it contains no method of the store.
"""

"""The PostgreSQL database: connections, tables and the SQL dialect.

Modules here are used by all parts of the store, and contain no methods of the store.
"""

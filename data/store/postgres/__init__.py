"""A store on PostgreSQL for several machines: the parts that differ from data/store/shared_sql.

Modules here are parts of the store that work differently on PostgreSQL.
"""

"""A store on PostgreSQL for several machines: the parts that differ from data/store/shared_sql.

A new file in this folder is a part of the store that works differently on PostgreSQL.
"""

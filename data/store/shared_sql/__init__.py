"""The methods of a store in SQL that both SQLite and PostgreSQL accept.

Each module here is a part of the store: methods for one topic, over a connection to either
database. SQL for only one database is in a method of its connection or in its folder.
"""

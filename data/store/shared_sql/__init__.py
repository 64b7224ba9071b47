"""The methods of a store in SQL that both SQLite and PostgreSQL accept.

A new file here is a part of the store: methods for one concern, over a connection to either
database. What only one database accepts is a method of its connection or is in its folder.
"""

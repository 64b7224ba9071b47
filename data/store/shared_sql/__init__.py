"""The methods of a store in SQL that both SQLite and PostgreSQL accept.

A new file in this folder is a part of the store: methods for one topic, over a connection to either
database. SQL that only one database accepts is in a method of its connection or in its folder.
"""

"""The verbs of a store in SQL that SQLite and PostgreSQL both take, written once.

A new file here is a part of the store: verbs of one concern, over a connection of either database.
What only one of them takes is a method of its connection, or stands in the folder of that database.
"""

"""The mirror in other people's formats: WACZ, BagIt, SQLite.

records copies records of the archive, destination gives a copy its name once it is whole; each
format is a module. A file belongs here if it makes a copy that is to be read without Communique.
"""

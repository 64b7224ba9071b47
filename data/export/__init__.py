"""Exports of the mirror in standard formats: WACZ, BagIt, SQLite.

`records` selects records of the archive, `destination` writes a copy atomically, and each format is
a module. A module belongs here if it writes a copy that is read without Communique.
"""

"""Exports of the mirror in standard formats: WACZ, BagIt, SQLite; `formats` exports releases.

`records` selects archive records, `destination` writes a copy atomically, and each format is a
module. Modules here write copies that other programs can read.
"""

"""Which rows of a list are its items: rows without dates, rows of other lists, side links.

A file belongs here if it decides about single rows or their links, after or before a list is found.
"""

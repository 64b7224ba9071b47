"""Shared state of one publication: the store, rendered entries, the assignment of archive pages.

A module belongs here if the parts that write files share it, and it writes no file of the site.
"""

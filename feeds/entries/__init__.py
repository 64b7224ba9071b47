"""Content of feed entries, which is the same in every format.

A module belongs here if it affects entries in all formats.
"""

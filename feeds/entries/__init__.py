"""Content of feed entries, the same in every format.

A module belongs here if it affects entries in all formats.
"""

"""The content of feed entries, the same in every format.

A module belongs here if it decides what an entry shows in all formats.
"""

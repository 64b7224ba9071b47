"""What an entry says, decided once for all formats.

A file belongs here if it decides what an entry shows, whatever the format.
"""

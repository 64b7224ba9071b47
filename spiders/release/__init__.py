"""A release page to title, publication date, text, metadata and media.

The door is read.read_release. A file belongs here if it reads one page that is a release.
"""

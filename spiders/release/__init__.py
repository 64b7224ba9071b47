"""Extract title, publication date, body, metadata and media from a release page.

The entry point is `read.read_release`. A file belongs in this package if it reads a page that
contains one release.
"""

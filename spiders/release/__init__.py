"""Extract title, publication date, body, metadata and media from a release page.

The entry point is `read.read_release`. Modules here are for pages with a single release.
"""

"""From releases to feeds and pages: knows formats and addresses; knows no site.

server, offline and alerts may import publishing, websub and replay, these pages and formats,
these entries, all of them the catalog, searches and urls.
"""

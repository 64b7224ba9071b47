"""From releases to feeds and pages: knows formats and addresses; knows no site.

server, publishing and websub may import replay, that pages and formats, these entries, all of them
the catalog and urls.
"""

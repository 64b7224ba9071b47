"""A listing page, feed, sitemap or JSON to its items, their dates, and the next page.

The door is read.read_listing. A file belongs here if it reads one page that lists releases.
"""

"""Extract listing pages: items with titles and dates, and pagination.

Listing pages are HTML pages, feeds, sitemaps or JSON. The entry point is `read.read_listing`.
"""

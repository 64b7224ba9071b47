"""Listing extraction: items with titles and dates, and pagination, from one listing page.

Listing pages are HTML pages, feeds, sitemaps or JSON. The entry point is `read.read_listing`.
"""

"""Client of web archives, such as the Wayback Machine or a pywb site.

It chooses which captures to fetch, and returns them as the archive first stored them, without its
additions.
"""

"""Read the indexes and captures of web archives, such as the Wayback Machine or a pywb site.

The indexes are CDX servers and Memento TimeMaps. Captures are returned as the archive first stored
them, without its additions.
"""

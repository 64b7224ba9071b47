"""Extract archived pages without network access, with the same modules as visits.

Modules here read stored captures. Modules that send requests are in `crawl`.
"""

"""Extract archived pages without network access, with the same modules as a visit.

Modules here read earlier captures. Modules that send requests belong to `crawl`.
"""

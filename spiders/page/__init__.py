"""Read an HTML page: charset, tree, links, CSS selectors, metadata, elements and regions.

Modules here apply to both listings and releases, and need no network.
"""

"""Read any HTML page: charset, tree, links, CSS selectors, metadata, elements and regions.

A file belongs in this folder if it applies to listings and releases alike and needs no network.
"""

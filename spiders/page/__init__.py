"""Read any HTML page: charset, tree, links, CSS selectors, metadata, elements and regions.

Modules that apply to listings and releases alike, and need no network, belong in this package.
"""

"""What any page is: bytes, charset, tree, links, CSS selectors, meta tags, elements, regions.

A file belongs here if it is true of every page, be it a listing or a release, and needs no network.
"""

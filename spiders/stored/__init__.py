"""Extract archived pages without network access, with the same modules as a visit.

Modules that read earlier captures belong in this package. Modules that send requests belong in
`crawl`.
"""

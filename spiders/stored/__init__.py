"""Extract archived pages without network access, with the same modules as visits.

Modules that read stored captures belong in this package. Modules that send requests belong in
`crawl`.
"""

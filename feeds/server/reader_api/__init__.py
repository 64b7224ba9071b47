"""The Google Reader API, with which feed readers synchronize all feeds of the site.

The specification of this API is no longer available. This implementation follows FreshRSS, Miniflux
and their clients (Newsboat, Reeder, NetNewsWire).
"""

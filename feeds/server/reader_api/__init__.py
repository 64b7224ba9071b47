"""The Google Reader API, so that feed readers that sync take a whole site with one account.

A new file here answers, or reads, what such a reader sends. There is no specification left; it is
as FreshRSS, Miniflux and their readers (Newsboat, Reeder, NetNewsWire) have it.
"""

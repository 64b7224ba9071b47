"""The Google Reader API, with which feed readers synchronize the whole site as one account.

There is no specification any longer. This follows FreshRSS, Miniflux and their clients (Newsboat,
Reeder, NetNewsWire).
"""

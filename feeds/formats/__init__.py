"""How a feed is written: Atom, RSS, JSON Feed, OPML.

A file belongs here if it writes one format, or what formats share.
"""

"""Feed formats: Atom, RSS, JSON Feed, OPML.

A module belongs here if it writes one format, or code that formats share.
"""

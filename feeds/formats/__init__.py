"""Feed formats: Atom, RSS, JSON Feed, OPML.

A module belongs here if it writes one format, or contains code that formats share.
"""

"""What a visit sees of a source for its health: of its listing, and of the pages of its releases.

A new file here finds out one thing by comparing a visit with what was seen before; it judges
nothing (data.health does), and asks for nothing.
"""

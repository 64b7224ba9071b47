"""What the store remembers of visits, so that the next one goes on from there.

A part of the store belongs here if only the crawling asks for it; no reader does.
"""

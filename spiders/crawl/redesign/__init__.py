"""A site that looks new: what of its pages is an edit, and what only another design or reading.

A new file here compares what a page says now with what was stored of it; it asks for nothing.
"""

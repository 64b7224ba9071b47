"""Correct a source: a person clicks an element of a page, and chooses a selector for it.

Pages may be hostile or slow, so child.py processes them in a separate process.
"""

"""Correcting a source: a person points at an element of a page, and a selector is proposed.

Pages may be hostile or slow, so child.py processes them in a separate process.
"""

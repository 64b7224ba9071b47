"""Correction of a source: a person points at an element of a page, and gets a selector for it.

Pages may be hostile or slow, so child.py processes them in a separate process.
"""

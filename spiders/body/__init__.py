"""Extract the main content of a release page as HTML and text.

This package splits pages into text blocks, selects the body with models, and serializes it.
"""

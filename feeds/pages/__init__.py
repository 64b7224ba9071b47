"""Web pages: templates, styles, and the code that fills them.

A module belongs here if it shapes a page.
"""

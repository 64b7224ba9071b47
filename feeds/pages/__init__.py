"""Web pages: templates, styles, and the code that fills the templates.

A module belongs here if it affects the content or appearance of a page.
"""

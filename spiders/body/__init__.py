"""Extract the main content of a release page: text blocks, models, HTML and text output.

Modules that select the text of a release on a page, or write that text, belong in this package.
"""

"""Extract the main content of a release page: text blocks, models, HTML and text output.

A file belongs in this folder if it selects the text of a release on a page, or writes that text.
"""

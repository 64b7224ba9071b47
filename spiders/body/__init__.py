"""The main content of a release page: text blocks, the models that judge them, HTML and text.

A file belongs here if it decides what of a page is the text of its release, or writes that text.
"""

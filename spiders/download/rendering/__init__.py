"""The browser as a download handler, and its work on a page before extraction.

Imported only if a source needs a browser.
"""

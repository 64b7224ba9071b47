"""The browser as a download handler, and what it does on a page before the page is read.

Imported only if a source asks for a browser.
"""

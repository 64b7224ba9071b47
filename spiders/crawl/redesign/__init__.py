"""Distinguish edits of releases from a new site design or a changed extraction.

Modules here compare a page's current content with the stored one, and send no requests.
"""

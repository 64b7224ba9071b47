"""Recognize pages that a site shows in place of the requested page.

These are challenges, logins, notices and soft 404s. The modules send no requests.
"""

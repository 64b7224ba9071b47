"""Recognize pages that replace the requested page: challenges, logins, notices, soft 404s.

Modules here send no requests.
"""

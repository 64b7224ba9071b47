"""Recognize pages that replace the requested page: challenges, logins, notices, soft 404s.

Modules in this package send no requests.
"""

"""Recognize pages shown in place of the requested one: challenges, logins, notices, soft 404s.

Modules here send no requests.
"""

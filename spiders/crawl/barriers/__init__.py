"""Recognize pages that hide the requested one: challenges, logins, notices, missing texts.

Modules here send no requests.
"""

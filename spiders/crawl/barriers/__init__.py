"""Recognize pages shown in place of the requested one: challenges, logins, notices, missing texts.

Modules here send no requests.
"""

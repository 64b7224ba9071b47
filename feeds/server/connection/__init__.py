"""Connections: HTTP parsing limits, connection limits, and security headers of all responses.

A module belongs here if it applies to every connection or response, whatever the address.
"""

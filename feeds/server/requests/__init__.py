"""Requests: routes, connections, client addresses, rate limits, conditional requests, headers.

A module belongs here if it applies to requests or responses of several parts of the server.
"""

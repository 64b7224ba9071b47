"""Requests: client addresses, rate limits, the work queue, conditional requests.

A module belongs here if several request handlers use it.
"""

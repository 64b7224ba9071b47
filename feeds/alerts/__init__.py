"""Alerts: what watches match, told to those who wait for it.

A file belongs here if it tells of events; what a watch matches is in data.watches.
"""

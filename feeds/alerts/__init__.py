"""Alerts: messages about events that watches match, and their delivery.

A module belongs here if it sends alerts. data.watches decides which events a watch matches.
"""

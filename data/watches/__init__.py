"""Watches, which define the events that cause alerts, and the matching of events with watches.

Alerts are sent in feeds/alerts.
"""

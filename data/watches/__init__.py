"""Watches, which describe the events that people want to be alerted about, and their matching.

Alerts are sent in feeds/alerts.
"""

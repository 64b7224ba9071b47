"""Watches: the events that people want to be alerted about, and the matching of events.

Sending alerts is not part of this folder (see feeds/alerts).
"""

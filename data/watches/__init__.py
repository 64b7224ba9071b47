"""Watches: what people want to be alerted about, and which events match.

Sending alerts is not part of this folder (see feeds/alerts).
"""

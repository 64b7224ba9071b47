"""Watches, which describe the events that people want to be alerted about, and their matching.

Sending alerts is not part of this folder (see feeds/alerts).
"""

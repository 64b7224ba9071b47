"""Alerts about events that watches match.

The modules here write the messages, `channels` sends them, and `delivery` decides when and to whom
they are sent.
"""

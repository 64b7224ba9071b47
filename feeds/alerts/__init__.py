"""Alerts about events that watches match.

The modules in this folder write the messages. `channels` sends the messages, and `delivery` decides
when and to whom they are sent.
"""

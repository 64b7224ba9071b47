"""Data of subscribers and readers: watches, WebSub and feed readers.

Modules here are parts of the store.
"""

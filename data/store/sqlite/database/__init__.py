"""The database itself: its connection, its tables, and its rows as values.

A new file here is what all parts of the store need, and knows no verb of the store.
"""

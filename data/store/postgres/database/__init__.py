"""The database itself: its connections, its tables, and its dialect.

A new file here is what all parts of the store need, and knows no verb of the store.
"""

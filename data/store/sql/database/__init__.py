"""What all parts of the store need: what a connection can do, and rows as values.

A new file here knows no verb of the store.
"""

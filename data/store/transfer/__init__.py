"""All that a store holds, moved into another one of any kind.

A new file here knows tables, keys and rows, and no verb of the store.
"""

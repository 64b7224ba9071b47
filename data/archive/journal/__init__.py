"""The journal: decisions about pages as archive records, from which a lost store can be rebuilt.

events.py defines the records, and journal.py writes them in the store's transactions.
journaled_store.py creates an event per method. history.py finds the valid records, and replay.py
writes a store from them. Modules here record data that no capture contains.
"""

"""The journal: decisions about pages as archive records, enough to rebuild a lost store.

events.py defines the records, journal.py writes them in the store's transactions,
journaled_store.py creates an event per verb, history.py finds the records that count, and replay.py
writes a store from them. Modules here record what no capture contains.
"""

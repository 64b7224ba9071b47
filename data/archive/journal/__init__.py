"""The journal: decisions of the store as archive records, from which a lost store can be rebuilt.

data.store.unit_of_work.decisions defines the decisions, events.py the records, and journal.py
writes them in the store's transactions. history.py finds the valid records, and replay.py writes a
store from them. The journal contains the data that is missing from captures.
"""

"""Journal: the store's decisions as archive records, from which a lost store can be rebuilt.

The decisions are defined in data.store.unit_of_work.decisions. journal.py writes their records
within the store's transactions. scan.py selects the valid records, and replay.py rebuilds a store
from them. The journal contains only data that is not in captured responses. orders.py keeps the
orders to remove content, and removal.py removes records from the archive.
"""

"""Journal: the store's decisions as archive records, from which a lost store can be rebuilt.

data.store.unit_of_work.decisions defines the decisions, journal_record.py their records. journal.py
writes the records within the store's transactions. history.py selects the valid records, and
replay.py rebuilds a store from them. The journal contains data that captured responses do not
contain.
"""

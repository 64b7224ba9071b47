"""Journal: the store's decisions as archive records, from which a lost store can be rebuilt.

The decisions are defined in data.store.unit_of_work.decisions, and their records in
journal_record.py. journal.py writes the records within the store's transactions. history.py selects
the valid records, and replay.py rebuilds a store from them. The journal contains only data that is
not in captured responses.
"""

"""What was decided of pages, as records of the archive: enough to write a lost store again.

events.py says what a record of it holds, journal.py writes them within the transactions of the
store, journaled_store.py tells them of each verb, history.py finds those that count, and replay.py
writes a store from them. A new file here keeps or reads what no capture tells.
"""

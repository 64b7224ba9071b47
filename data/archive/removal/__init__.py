"""Removal of records from an archive: for legal reasons, or because they are old.

chosen.py selects records and all others with the same bytes. rewriting.py writes files without
them. take_out.py removes them in an order that survives a kill. The log keeps their leaves.
"""

"""Remove records from an archive: under a lawful order, or because they are old.

chosen.py selects records, with all others of the same bytes. rewriting.py writes files without
them. take_out.py does it in an order that survives a kill. The log keeps their leaves.
"""

"""Copy all data of a store into another store of any kind.

A new file here works with tables, keys and rows, not with methods of the store.
"""

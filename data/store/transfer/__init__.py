"""Copy all data of a store to another store of any kind.

A new file in this folder works with tables, keys and rows, not with methods of the store.
"""

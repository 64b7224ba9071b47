"""Copy all data of a store to another store of any kind.

Modules here work with tables, keys and rows, not with methods of the store.
"""

"""Copies all data of a store into another one of any kind.

A new file here works with tables, keys and rows, not with methods of the store.
"""

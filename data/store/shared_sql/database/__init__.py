"""Code that all parts of the store need: the protocol of a connection, and conversion of rows.

A new file in this folder contains no method of the store.
"""

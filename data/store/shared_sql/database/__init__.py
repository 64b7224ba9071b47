"""Code that all parts of the store need: the protocol of a connection, and conversion of rows.

Modules here contain no methods of the store.
"""

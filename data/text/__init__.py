"""Normalization of text, HTML and addresses, so that equivalent values compare equal.

Modules here process only text. They do not depend on releases, dates or the store.
"""

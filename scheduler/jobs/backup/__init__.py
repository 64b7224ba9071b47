"""Copies of a HOME: how one is made while the service runs, and how a HOME comes back from it.

A file here knows one thing about such a copy: what is in it, how one kind of file gets there, or
what is checked.
"""

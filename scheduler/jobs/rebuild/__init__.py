"""A HOME that is lost is written anew from its archive alone.

A file here knows one thing about that: the order of it, what is told of it, or what becomes of one
kind of thing that a store points to.
"""

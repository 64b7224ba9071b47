"""Watches: what people want to be told of, and whether something that happened is that.

A file belongs here if it knows watches and no way of telling.
"""

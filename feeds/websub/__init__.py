"""W3C WebSub, both roles: the publisher, and a hub of our own.

A file belongs here if it speaks WebSub, or remembers for whom.
"""

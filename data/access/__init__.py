"""Access: token files, a server's view of them, and the decision what a client may do.

A module belongs here if it decides who may do what and needs no HTTP; see feeds.server.access.
"""

"""Access: token files, a server's view of them, and decisions about clients' rights.

A module belongs here if it decides about access without HTTP; for HTTP see feeds.server.token_gate.
"""

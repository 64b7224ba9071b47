"""Access: token files, a server's view of them, and decisions about clients' rights.

A module belongs here if it decides about access without HTTP. For HTTP see feeds.server.token_gate.
The docstring of feeds.server.requests.routes lists all four places where access is decided.
"""

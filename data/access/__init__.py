"""Access: token files, their use by servers, and decisions about the rights of clients.

Modules here decide about access without HTTP. For HTTP see feeds.server.token_gate. The docstring
of feeds.server.requests.routes lists all four places where access is decided.
"""

"""Access control: token files, and which client may do what.

The modules here know nothing about HTTP; feeds.server.token_gate applies them to requests. The
docstring of feeds.server.requests.routes lists all places where access is decided.
"""

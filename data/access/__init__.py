"""Access control: token files, and which client may do what.

The modules here do not depend on HTTP; feeds.server.access applies their decisions to requests.
The docstring of feeds.server.requests.routes lists every place that checks access.
"""

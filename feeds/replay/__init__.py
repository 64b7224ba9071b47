"""Past states over HTTP (Memento, RFC 7089): versions of releases and captured pages.

`replay.PageReplay` is the entry point. A module belongs here if it responds with a version or a
captured page.
"""

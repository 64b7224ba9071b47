"""Turn stored releases into feeds, web pages and alerts, without knowledge of press rooms.

Imports inside the package: server, offline and alerts may import publishing, websub and replay.
Those may import pages and formats, which may import entries. All may import the modules here.
"""

"""Turn stored releases into feeds, web pages and alerts.

This package contains no knowledge of press rooms. Imports inside the package: server and alerts
may import publishing, websub and replay. These three may import pages and formats, which may
import entries. All folders may import the modules in this folder.
"""

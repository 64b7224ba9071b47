"""communique sources: what becomes of sources and their files.

Each of its commands is the module of its name here (``list`` in list_).
"""

from __future__ import annotations

from scheduler.cli import ListingCommands

sources = ListingCommands(
    __name__, name="sources", help="See to sources and their files; without a word more, list them."
)

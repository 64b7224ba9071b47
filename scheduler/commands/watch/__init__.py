"""communique watch: what people want to be told of.

Each of its commands is the module of its name here (``list`` in list_).
"""

from __future__ import annotations

from scheduler.cli import ListingCommands

watch = ListingCommands(
    __name__, name="watch", help="Say what you want to be told of; without a word more, list it."
)
